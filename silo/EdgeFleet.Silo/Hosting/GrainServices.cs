using EdgeFleet.Grains;
using EdgeFleet.Platform.Orleans;
using Orleans.Hosting;

namespace EdgeFleet.Silo.Hosting;

internal static class GrainServices
{
    /// <summary>The grains, with their state and reminders in the data folder.</summary>
    public static void UseFleetGrains(this WebApplicationBuilder builder, DataFolder folder) => builder.UseOrleans(silo => silo
        .UseLocalhostClustering()
        .AddSqliteGrainStorage("Default", o => o.Path = folder.GrainDatabase)
        .UseSqliteReminderService(o => o.Path = folder.GrainDatabase)
        .AddEdgeFleetGrains());
}
