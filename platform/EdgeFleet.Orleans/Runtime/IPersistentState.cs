using Orleans.Core;

namespace Orleans.Runtime;

/// <summary>A named state of a grain. Read before <see cref="Grain.OnActivateAsync"/>; written when the grain says so.</summary>
public interface IPersistentState<TState> : IStorage<TState>;

/// <summary>Which state, and in which storage provider.</summary>
public interface IPersistentStateConfiguration
{
    string StateName { get; }

    /// <summary>Null means the one named "Default".</summary>
    string? StorageName { get; }
}

/// <inheritdoc/>
[AttributeUsage(AttributeTargets.Parameter)]
public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute, IFacetMetadata, IPersistentStateConfiguration
{
    public string StateName { get; } = stateName;

    public string? StorageName { get; } = storageName;
}

/// <summary>Makes states of activations.</summary>
public interface IPersistentStateFactory
{
    IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration config);
}

/// <summary>Turns an attribute on a constructor parameter of a grain into its argument.</summary>
public interface IAttributeToFactoryMapper<TMetadata>
    where TMetadata : IFacetMetadata
{
    Factory<IGrainContext, object> GetFactory(System.Reflection.ParameterInfo parameter, TMetadata metadata);
}
