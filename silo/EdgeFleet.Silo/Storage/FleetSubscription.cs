using System.Runtime.CompilerServices;

namespace EdgeFleet.Silo.Storage;

/// <summary>A look-out for changes. A reader that is behind sees each changed thing once, not each change: it is never far behind.</summary>
internal sealed class FleetSubscription(Action<FleetSubscription> leave) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private HashSet<FleetChange> _pending = [];

    /// <summary>The things that changed since the last item, as one set per item; ends when cancelled.</summary>
    public async IAsyncEnumerable<IReadOnlyCollection<FleetChange>> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await _signal.WaitAsync(cancellationToken);
            HashSet<FleetChange> taken;
            lock (_gate)
            {
                taken = _pending;
                _pending = [];
            }

            if (taken.Count > 0)
            {
                yield return taken;
            }
        }
    }

    public void Dispose() => leave(this);

    internal void Notify(FleetChange change)
    {
        lock (_gate)
        {
            if (!_pending.Add(change) || _signal.CurrentCount > 0)
            {
                return;
            }

            _signal.Release();
        }
    }
}
