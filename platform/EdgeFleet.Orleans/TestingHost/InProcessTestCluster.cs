using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>A silo in the test's process. Nothing of it is static: tests may run many at once.</summary>
public sealed class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private readonly List<InProcessSiloHandle> _silos = [];
    private int _started;

    internal InProcessTestCluster(InProcessTestClusterOptions options) => Options = options;

    public InProcessTestClusterOptions Options { get; }

    public ReadOnlyCollection<InProcessSiloHandle> Silos => new([.. _silos]);

    /// <exception cref="InvalidOperationException">No silo runs.</exception>
    public IClusterClient Client => Active().ServiceProvider.GetRequiredService<IClusterClient>();

    public async Task DeployAsync() => await StartAsync();

    public Task StopSiloAsync(InProcessSiloHandle instance) => EndAsync(instance, gracefully: true);

    /// <summary>As when its process dies: no grain is asked.</summary>
    public Task KillSiloAsync(InProcessSiloHandle instance) => EndAsync(instance, gracefully: false);

    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        await StopSiloAsync(instance);
        return await StartAsync();
    }

    public async Task StopAllSilosAsync()
    {
        foreach (var silo in Silos)
        {
            await StopSiloAsync(silo);
        }
    }

    public IEnumerable<InProcessSiloHandle> GetActiveSilos() => Silos.Where(s => s.IsActive);

    /// <summary>Ends the grain's activation, if it has one, and waits for that.</summary>
    public Task DeactivateAsync(IAddressable grain) => DeactivateAsync(grain.GetGrainId());

    public Task DeactivateAsync(GrainId grainId) => TryGetGrainContext(grainId, out var context)
        ? context.DeactivateAsync(new DeactivationReason(DeactivationReasonCode.RuntimeRequested, "The test asked for it."))
        : Task.CompletedTask;

    public Task WaitForDeactivationAsync(IAddressable grain) => WaitForDeactivationAsync(grain.GetGrainId());

    public Task WaitForDeactivationAsync(GrainId grainId) => TryGetGrainContext(grainId, out var context) ? context.Deactivated : Task.CompletedTask;

    public bool TryGetGrainContext(GrainId grainId, [NotNullWhen(true)] out IGrainContext? grainContext)
    {
        grainContext = Active().ServiceProvider.GetRequiredService<SiloRuntime>().Catalog.Find(grainId)?.Representative;
        return grainContext is not null;
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
        }

        _silos.Clear();
    }

    private InProcessSiloHandle Active() => _silos.LastOrDefault(s => s.IsActive) ?? throw new InvalidOperationException("No silo runs: deploy the cluster first.");

    private async Task<InProcessSiloHandle> StartAsync()
    {
        var specific = new InProcessTestSiloSpecificOptions { SiloName = _started++ == 0 ? "Primary" : $"Silo_{_started}" };
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = specific.SiloName });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (Options.ClusterId, Options.ServiceId))
            .Configure<SiloOptions>(o => o.SiloName = specific.SiloName));
        foreach (var configure in Options.SiloHostConfigurationDelegates)
        {
            configure(specific, builder);
        }

        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        var handle = new InProcessSiloHandle { Name = specific.SiloName, SiloHost = host };
        _silos.Add(handle);
        return handle;
    }

    private async Task EndAsync(InProcessSiloHandle instance, bool gracefully)
    {
        await instance.StopSiloAsync(gracefully);
        await instance.DisposeAsync();
        _silos.Remove(instance);
    }
}
