using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Placement;

namespace Orleans.Runtime.Catalog;

/// <summary>What the runtime knows of one grain class.</summary>
internal sealed class GrainClass
{
    private readonly ConcurrentDictionary<MethodInfo, MethodInfo> _implementations = new();
    private readonly Lazy<Func<IGrainContext, object>> _factory;

    public GrainClass(Type type, IServiceProvider services, GrainCollectionOptions collection)
    {
        Type = type;
        GrainType = NameOf(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute), inherit: true);
        MaxLocalWorkers = (type.GetCustomAttribute<PlacementAttribute>()?.PlacementStrategy as StatelessWorkerPlacement)?.MaxLocal ?? 0;
        CollectionAgeMs = AgeOf(type, collection);
        HasActivationCode = typeof(IGrainBase).IsAssignableFrom(type)
            && (!typeof(Grain).IsAssignableFrom(type) || type.GetMethod(nameof(Grain.OnActivateAsync), [typeof(CancellationToken)])!.DeclaringType != typeof(Grain));
        _factory = new(() => GrainConstructor.Compile(type, services));
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    /// <summary>0 when the class is no stateless worker.</summary>
    public int MaxLocalWorkers { get; }

    public long CollectionAgeMs { get; }

    /// <summary>Whether anything runs at activation but the constructor.</summary>
    public bool HasActivationCode { get; }

    public object Create(IGrainContext context) => _factory.Value(context);

    public MethodInfo Implementation(MethodInfo interfaceMethod) => _implementations.GetOrAdd(interfaceMethod, m =>
    {
        var map = Type.GetInterfaceMap(m.DeclaringType!);
        return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, m)];
    });

    private static GrainType NameOf(Type type)
    {
        if (type.GetCustomAttribute<GrainTypeAttribute>() is { } named)
        {
            return named.GetGrainType(null!, type);
        }

        var name = type.Name.ToLowerInvariant();
        return GrainType.Create(name.EndsWith("grain", StringComparison.Ordinal) && name.Length > 5 ? name[..^5] : name);
    }

    private static long AgeOf(Type type, GrainCollectionOptions collection)
    {
        var age =
            type.IsDefined(typeof(KeepAliveAttribute)) ? TimeSpan.MaxValue :
            collection.ClassSpecificCollectionAge.TryGetValue(type.FullName!, out var specific) ? specific :
            type.GetCustomAttribute<CollectionAgeLimitAttribute>()?.AgeLimit ?? collection.CollectionAge;
        return age == TimeSpan.MaxValue ? long.MaxValue : (long)age.TotalMilliseconds;
    }
}
