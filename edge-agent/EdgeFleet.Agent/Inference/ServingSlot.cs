namespace EdgeFleet.Agent.Inference;

/// <summary>The variant whose answers are live. Swapped while others run: whoever holds the old one finishes with it.</summary>
internal sealed class ServingSlot : IDisposable
{
    private readonly ManualResetEventSlim _filled = new();
    private LoadedVariant? _current;

    /// <summary>What serves, without a hold on it: for reading its counts only.</summary>
    public LoadedVariant? Current => Volatile.Read(ref _current);

    /// <summary>Takes hold of what serves; the caller releases it. Null where nothing does.</summary>
    public LoadedVariant? Hold()
    {
        while (Volatile.Read(ref _current) is { } current)
        {
            if (current.TryHold())
            {
                return current;
            }
        }

        return null;
    }

    /// <summary>Puts another variant in, whose hold passes to the slot, and lets the old one go.</summary>
    public void Swap(LoadedVariant? next)
    {
        var old = Interlocked.Exchange(ref _current, next);
        if (next is null)
        {
            _filled.Reset();
        }
        else
        {
            _filled.Set();
        }

        if (!ReferenceEquals(old, next))
        {
            old?.Release();
        }
    }

    /// <summary>Blocks until something serves.</summary>
    public void WaitUntilFilled(CancellationToken cancellationToken) => _filled.Wait(cancellationToken);

    public void Dispose()
    {
        Swap(null);
        _filled.Dispose();
    }
}
