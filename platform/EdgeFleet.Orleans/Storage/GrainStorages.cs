using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Runtime.Activations;

namespace Orleans.Storage;

/// <summary>Storage providers by name.</summary>
internal static class GrainStorages
{
    public const string Default = "Default";

    /// <exception cref="BadProviderConfigException">There is none of that name.</exception>
    public static IGrainStorage Find(IServiceProvider services, string? name, Type grainClass)
    {
        var wanted = string.IsNullOrEmpty(name) ? Default : name;
        return services.GetKeyedService<IGrainStorage>(wanted) ?? throw new BadProviderConfigException(
            $"{grainClass} needs a storage provider named \"{wanted}\", and the silo has none: add one where the silo is configured.");
    }

    public static Type ClassOf(IGrainContext context) => context is Activation activation ? activation.Class.Type : typeof(Grain);
}
