using System.Collections.Concurrent;
using Orleans.Runtime.Activations;

namespace Orleans.Runtime.Catalog;

/// <summary>The activations that there are: at most one target per grain.</summary>
internal sealed class GrainCatalog(SiloRuntime runtime, GrainClassMap classes)
{
    private readonly ConcurrentDictionary<GrainId, CallTarget> _targets = new();

    public int Count => _targets.Count;

    public IEnumerable<CallTarget> All => _targets.Values;

    public CallTarget GetOrCreate(GrainId grainId)
    {
        if (_targets.TryGetValue(grainId, out var target))
        {
            return target;
        }

        var grainClass = classes.Get(grainId.Type);
        CallTarget fresh = grainClass.MaxLocalWorkers > 0
            ? new StatelessWorkers(runtime, grainClass, grainId)
            : new Activation(runtime, grainClass, grainId);
        return _targets.GetOrAdd(grainId, fresh);
    }

    public CallTarget? Find(GrainId grainId) => _targets.GetValueOrDefault(grainId);

    public void Remove(CallTarget target) => _targets.TryRemove(KeyValuePair.Create(target.GrainId, target));

    public void CollectIdle(long nowMs)
    {
        foreach (var (_, target) in _targets)
        {
            target.CollectIdle(nowMs);
        }
    }
}
