using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Runtime.Catalog;

/// <summary>The grain classes of the application, by type name and by interface.</summary>
internal sealed class GrainClassMap
{
    private readonly FrozenDictionary<GrainType, GrainClass> _classes;
    private readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainType> _resolved = new();

    public GrainClassMap(IServiceProvider services, IOptions<GrainCollectionOptions> collection)
    {
        var classes = new Dictionary<GrainType, GrainClass>();
        foreach (var type in GrainAssemblies.GrainClasses())
        {
            var grainClass = new GrainClass(type, services, collection.Value);
            if (!classes.TryAdd(grainClass.GrainType, grainClass))
            {
                throw new OrleansConfigurationException(
                    $"Grain classes {classes[grainClass.GrainType].Type} and {type} are both named \"{grainClass.GrainType}\" in grain ids: give one a [GrainType].");
            }
        }

        _classes = classes.ToFrozenDictionary();
    }

    /// <exception cref="ArgumentException">There is no such class.</exception>
    public GrainClass Get(GrainType type) => _classes.TryGetValue(type, out var found) ? found : throw new ArgumentException(
        $"No grain class is named \"{type}\". Is its assembly referenced by the silo's?");

    /// <summary>The class that implements the interface.</summary>
    /// <exception cref="ArgumentException">None does, or more than one.</exception>
    public GrainType Resolve(Type interfaceType, string? classNamePrefix)
    {
        if (_resolved.TryGetValue((interfaceType, classNamePrefix), out var type))
        {
            return type;
        }

        var candidates = _classes.Values
            .Where(c => interfaceType.IsAssignableFrom(c.Type) && (classNamePrefix is null || c.Type.FullName!.StartsWith(classNamePrefix, StringComparison.Ordinal)))
            .ToList();
        var found = candidates.Count switch
        {
            1 => candidates[0].GrainType,
            0 => throw new ArgumentException($"Could not find an implementation for interface {interfaceType}{WithPrefix(classNamePrefix)}."),
            _ => throw new ArgumentException(
                $"Interface {interfaceType} has several implementations{WithPrefix(classNamePrefix)}: {string.Join(", ", candidates.Select(c => c.Type))}. Name one by a class name prefix."),
        };
        return _resolved.GetOrAdd((interfaceType, classNamePrefix), found);
    }

    private static string WithPrefix(string? prefix) => prefix is null ? "" : $" whose name begins with {prefix}";
}
