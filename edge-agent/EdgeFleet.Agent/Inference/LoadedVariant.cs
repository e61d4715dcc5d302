using EdgeFleet.Agent.State;

namespace EdgeFleet.Agent.Inference;

/// <summary>A variant in memory, with what it did since it was loaded. Disposed when its last holder lets go.</summary>
internal sealed class LoadedVariant(InstalledVariant variant, IServedVariant runner)
{
    private readonly TaskCompletionSource _firstAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _firstError = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holders = 1;
    private long _answers;
    private long _errors;

    public InstalledVariant Variant => variant;

    public IServedVariant Runner => runner;

    public long Answers => Interlocked.Read(ref _answers);

    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Ends at the first answer that was served.</summary>
    public Task FirstAnswer => _firstAnswer.Task;

    /// <summary>Ends at the first input without an answer, with the reason.</summary>
    public Task<string> FirstError => _firstError.Task;

    public void CountAnswer()
    {
        Interlocked.Increment(ref _answers);
        _firstAnswer.TrySetResult();
    }

    public void CountError(string reason)
    {
        Interlocked.Increment(ref _errors);
        _firstError.TrySetResult(reason);
    }

    /// <summary>Takes hold; false where it is gone already.</summary>
    public bool TryHold()
    {
        while (true)
        {
            var holders = Volatile.Read(ref _holders);
            if (holders == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
            {
                return true;
            }
        }
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            runner.Dispose();
        }
    }
}
