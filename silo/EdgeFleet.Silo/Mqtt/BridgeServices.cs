using EdgeFleet.Grains.Ports;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Mqtt;

internal static class BridgeServices
{
    /// <summary>How long the broker keeps what devices send while the silo is away.</summary>
    private static readonly TimeSpan SessionExpiry = TimeSpan.FromDays(1);

    /// <summary>The link, and all that comes and goes over it. Needs an <see cref="IBrokerAccess"/>, whose part is registered before.</summary>
    public static IServiceCollection AddFleetBridge(this IServiceCollection services)
    {
        services.AddSingleton(CreateLink);
        services.AddSingleton<IDesiredStatePublisher, DesiredStatePublisher>();
        services.AddSingleton<RejectionLog>();
        services.AddSingleton<BlobPublisher>();
        services.AddSingleton<FleetBridge>();
        services.AddSiloPart<FleetBridgePart>();
        return services.AddSiloPart<DesiredStateRepublisher>();
    }

    private static IMqttLink CreateLink(IServiceProvider services) => services.GetRequiredService<IMqttLinkFactory>().Create(
        services.GetRequiredService<IBrokerAccess>().SiloLink() with
        {
            ClientId = "silo",
            CleanStart = false,
            SessionExpiry = SessionExpiry,
            QueueLength = 256,
            ReceiveMaximum = 64,

            // Larger than any message of ours, so that a hostile one comes through, is counted and named instead of vanishing in the broker.
            MaximumPacketBytes = 16 * 1024 * 1024,
            ReconnectMax = TimeSpan.FromSeconds(2),
        });
}
