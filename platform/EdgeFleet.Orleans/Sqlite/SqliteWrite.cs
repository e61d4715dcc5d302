namespace EdgeFleet.Platform.Orleans;

/// <summary>A write, with the promise that it is durable.</summary>
internal abstract class SqliteWrite
{
    private readonly TaskCompletionSource<long> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _rejection;

    /// <summary>The new version; 0 when nothing is stored any more.</summary>
    public Task<long> Done => _promise.Task;

    protected long Version { get; set; }

    /// <summary>Inside the transaction.</summary>
    public abstract void Apply(SqliteConnection connection, SqliteVersions versions);

    /// <summary>This write has done nothing; the others of the transaction go on.</summary>
    public void Reject(Exception exception) => _rejection = exception;

    /// <summary>After the commit.</summary>
    public void Complete()
    {
        if (_rejection is null)
        {
            _promise.SetResult(Version);
        }
        else
        {
            _promise.SetException(_rejection);
        }
    }

    /// <summary>The transaction did not come about.</summary>
    public void Fail(Exception exception) => _promise.SetException(_rejection ?? exception);
}
