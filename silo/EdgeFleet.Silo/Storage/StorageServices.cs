using EdgeFleet.Grains.Ports;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Storage;

internal static class StorageServices
{
    /// <summary>The projection, as the grains' port and for those who look.</summary>
    public static IServiceCollection AddFleetStorage(this IServiceCollection services)
    {
        services.AddSingleton(s => new FleetStore(
            FleetDatabase.Open(s.GetRequiredService<DataFolder>().FleetDatabase),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<FleetStore>>()));
        services.AddSingleton<IFleetProjection>(s => s.GetRequiredService<FleetStore>());
        services.AddSingleton<IFleetDirectory>(s => s.GetRequiredService<FleetStore>());
        services.AddSiloPart<StoragePart>();
        return services;
    }
}

/// <summary>Opens the projection at start and watches over its writes.</summary>
internal sealed class StoragePart(IServiceProvider services) : ISiloPart
{
    private FleetStore? _store;

    public string Name => "storage";

    public PartHealth Health => _store?.Trouble is { } trouble ? new PartHealth(false, trouble) : new PartHealth(true, "writes are durable");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _store = services.GetRequiredService<FleetStore>();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
