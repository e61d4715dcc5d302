using EdgeFleet.Contracts.Delivery;

namespace EdgeFleet.Agent.Reconcile;

/// <summary>Holds the newest desired state that came in until the loop takes it; a newer one interrupts what is under way.</summary>
internal sealed class DesiredMailbox : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private DesiredReading? _pending;
    private CancellationTokenSource? _interrupt;
    private long _above;

    /// <summary>Puts a reading in, unless a newer one waits already.</summary>
    public void Offer(DesiredReading reading)
    {
        var generation = GenerationOf(reading);
        lock (_gate)
        {
            if (_pending is not null && GenerationOf(_pending) >= generation)
            {
                return;
            }

            _pending = reading;
            if (generation > _above)
            {
                _interrupt?.Cancel();
            }

            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
        }
    }

    public DesiredReading? Take()
    {
        lock (_gate)
        {
            var taken = _pending;
            _pending = null;
            return taken;
        }
    }

    /// <summary>Returns when something may have come in.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _arrived.WaitAsync(cancellationToken);

    /// <summary>A source that is cancelled when a generation above <paramref name="generation"/> waits, or with the token.</summary>
    public CancellationTokenSource InterruptAbove(long generation, CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lock (_gate)
        {
            _above = generation;
            _interrupt = source;
            if (_pending is not null && GenerationOf(_pending) > generation)
            {
                source.Cancel();
            }
        }

        return source;
    }

    /// <summary>Ends an interruptible step.</summary>
    public void Release(CancellationTokenSource source)
    {
        lock (_gate)
        {
            _interrupt = null;
        }

        source.Dispose();
    }

    public void Dispose() => _arrived.Dispose();

    private static long GenerationOf(DesiredReading reading) => reading switch
    {
        DesiredReading.Usable u => u.Desired.Generation,
        DesiredReading.Impossible i => i.Desired.Generation,
        _ => long.MinValue,
    };
}
