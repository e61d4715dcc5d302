using Orleans.Runtime.Calls;
using Orleans.Runtime.Catalog;

namespace Orleans.Runtime.Activations;

/// <summary>The activations of one stateless worker: a call goes to one that has nothing to do, to a new one while there may be more, or to the least busy.</summary>
internal sealed class StatelessWorkers(SiloRuntime runtime, GrainClass grainClass, GrainId grainId) : CallTarget(grainId)
{
    private readonly Lock _gate = new();
    private readonly List<Activation> _workers = [];
    private bool _closed;

    public override bool IsGone => _closed;

    public override Activation? Representative
    {
        get
        {
            lock (_gate)
            {
                return _workers.FirstOrDefault();
            }
        }
    }

    public override void Receive(GrainCall call)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                Choose().Receive(call);
                return;
            }
        }

        runtime.Deliver(call);
    }

    public override void CollectIdle(long nowMs)
    {
        foreach (var worker in Snapshot())
        {
            worker.CollectIdle(nowMs);
        }
    }

    public override Task ShutDownAsync(DeactivationReason reason) => Task.WhenAll(Snapshot().Select(w => w.ShutDownAsync(reason)));

    /// <summary>A worker has ended; with the last one the group does.</summary>
    public void Left(Activation worker)
    {
        lock (_gate)
        {
            _workers.Remove(worker);
            if (_workers.Count > 0 || _closed)
            {
                return;
            }

            runtime.Catalog.Remove(this);
            _closed = true;
        }
    }

    private Activation Choose()
    {
        var least = _workers.MinBy(w => w.Load);
        if (least is { Load: 0 } || _workers.Count >= grainClass.MaxLocalWorkers)
        {
            return least!;
        }

        var worker = new Activation(runtime, grainClass, GrainId) { Group = this };
        _workers.Add(worker);
        return worker;
    }

    private Activation[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _workers];
        }
    }
}
