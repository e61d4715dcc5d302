using Orleans.Hosting;

namespace EdgeFleet.Silo.Hosting;

internal static class GrainServices
{
    /// <summary>The grains, with their state in the data folder.</summary>
    public static void UseFleetGrains(this WebApplicationBuilder builder, DataFolder folder) => builder.UseOrleans(silo => silo
        .UseLocalhostClustering()
        .AddMemoryGrainStorageAsDefault()
        .UseInMemoryReminderService());
}
