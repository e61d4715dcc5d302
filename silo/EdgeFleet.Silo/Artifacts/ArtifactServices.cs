using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Artifacts;

internal static class ArtifactServices
{
    public static IServiceCollection AddArtifactStore(this IServiceCollection services) => services.AddSingleton(s =>
        new ArtifactStore(s.GetRequiredService<DataFolder>().Artifacts, s.GetRequiredService<ILogger<ArtifactStore>>()));
}
