using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Grains.Ports;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Variants;

internal static class VariantServices
{
    /// <summary>The compression engine over ONNX Runtime, as the grains' port.</summary>
    public static IServiceCollection AddVariants(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<VariantOptions, VariantOptionsValidator>().BindConfiguration(VariantOptions.Section);
        services.AddSingleton<IModelRunner, OrtModelRunner>();
        services.AddSingleton<CompressionPipeline>();
        services.AddSingleton<IVariantProducer, VariantProducer>();
        return services.AddSiloPart<RuntimePart>();
    }
}
