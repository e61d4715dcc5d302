using EdgeFleet.Grains.Fleet;
using Orleans.Hosting;

namespace EdgeFleet.Grains;

/// <summary>What a silo adds so that these grains run in it. The host brings the ports of <see cref="Ports"/>, a store named
/// <see cref="GrainStores.Default"/>, reminders and a <see cref="TimeProvider"/>.</summary>
public static class EdgeFleetGrains
{
    /// <summary>Takes up interrupted work when the silo starts.</summary>
    public static ISiloBuilder AddEdgeFleetGrains(this ISiloBuilder builder) => builder.AddStartupTask<OpenWorkStartup>();
}
