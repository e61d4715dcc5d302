using System.Collections.Concurrent;

namespace Orleans.Runtime.References;

/// <summary>Makes references for one silo.</summary>
internal sealed class GrainReferences(SiloRuntime runtime)
{
    private readonly ConcurrentDictionary<Type, ReferenceOrigin> _origins = new();

    public GrainReference Create(Type interfaceType, GrainId grainId)
    {
        if (!_origins.TryGetValue(interfaceType, out var origin))
        {
            origin = _origins.GetOrAdd(interfaceType, new ReferenceOrigin(runtime, InterfaceShape.Of(interfaceType)));
        }

        return origin.Interface.Create(origin, grainId);
    }

    /// <summary>A reference by no particular interface; <see cref="GrainReference.Cast{TGrainInterface}"/> gives others.</summary>
    public GrainReference CreateUntyped(GrainId grainId) => Create(typeof(IAddressable), grainId);
}
