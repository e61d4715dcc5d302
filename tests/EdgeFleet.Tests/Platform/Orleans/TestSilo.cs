using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeFleet.Tests.Platform.Orleans;

/// <summary>A silo for one test, with storage in memory unless the test brings another.</summary>
internal static class TestSilo
{
    public static async Task<InProcessTestCluster> StartAsync(Action<ISiloBuilder>? configure = null, TimeProvider? time = null)
    {
        var cluster = new InProcessTestClusterBuilder(1)
            .ConfigureSilo((_, silo) =>
            {
                if (time is not null)
                {
                    silo.Services.AddSingleton(time);
                }

                silo.AddMemoryGrainStorage("store").AddMemoryGrainStorageAsDefault();
                configure?.Invoke(silo);
            })
            .Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
