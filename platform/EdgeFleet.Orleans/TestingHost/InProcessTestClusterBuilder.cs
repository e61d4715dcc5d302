using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Sets up a silo for tests.</summary>
public sealed class InProcessTestClusterBuilder
{
    /// <param name="initialSilosCount">1: one process holds one silo.</param>
    public InProcessTestClusterBuilder(short initialSilosCount)
    {
        if (initialSilosCount != 1)
        {
            throw new NotSupportedException($"{initialSilosCount} silos were asked for, and the embedded host has one. Build with GrainEngine=Orleans for more.");
        }

        Options.InitialSilosCount = initialSilosCount;
    }

    public InProcessTestClusterOptions Options { get; } = new() { ClusterId = CreateClusterId(), ServiceId = Guid.NewGuid().ToString("N") };

    public static string CreateClusterId() => $"testcluster-{Guid.NewGuid():N}";

    public InProcessTestClusterBuilder ConfigureSilo(Action<InProcessTestSiloSpecificOptions, ISiloBuilder> configureSiloDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add((options, host) => host.UseOrleans(silo => configureSiloDelegate(options, silo)));
        return this;
    }

    public InProcessTestClusterBuilder ConfigureSiloHost(Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder> configureSiloHostDelegate)
    {
        Options.SiloHostConfigurationDelegates.Add(configureSiloHostDelegate);
        return this;
    }

    public InProcessTestClusterBuilder ConfigureHost(Action<IHostApplicationBuilder> configureDelegate) => ConfigureSiloHost((_, host) => configureDelegate(host));

    public InProcessTestCluster Build() => new(Options);
}
