namespace Orleans.Core;

/// <summary>Something stored, with its version.</summary>
public interface IStorage
{
    /// <summary>The version that was last read or written; null when nothing is stored.</summary>
    string? Etag { get; }

    bool RecordExists { get; }

    /// <summary>Removes the stored state, and sets the one in memory back.</summary>
    /// <exception cref="Storage.InconsistentStateException">Another version is stored.</exception>
    Task ClearStateAsync();

    Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync().WaitAsync(cancellationToken);

    /// <summary>Returns when the state is durable.</summary>
    /// <exception cref="Storage.InconsistentStateException">Another version is stored.</exception>
    Task WriteStateAsync();

    Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync().WaitAsync(cancellationToken);

    /// <summary>Reads anew; what was not written is lost.</summary>
    Task ReadStateAsync();

    Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync().WaitAsync(cancellationToken);
}

/// <inheritdoc/>
public interface IStorage<TState> : IStorage
{
    TState State { get; set; }
}
