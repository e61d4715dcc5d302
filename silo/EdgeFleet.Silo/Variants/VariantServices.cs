using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Variants;

internal static class VariantServices
{
    public static IServiceCollection AddVariants(this IServiceCollection services)
    {
        services.AddSingleton<IModelRunner, OrtModelRunner>();
        return services.AddSiloPart<RuntimePart>();
    }
}
