using EdgeFleet.Contracts;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>The silo's link to the broker and what lives on it.</summary>
internal sealed class FleetBridgePart(IMqttLink link, FleetBridge bridge, BlobPublisher blobs, TimeProvider time) : ISiloPart
{
    private static readonly TimeSpan FirstConnect = TimeSpan.FromSeconds(20);

    public string Name => "bridge";

    public PartHealth Health => new(link.State.Connected, link.State.Connected ? "connected to the broker" : $"not connected: {link.State.Reason}");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(FirstConnect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await link.ConnectAsync(either.Token);
            await bridge.StartAsync(either.Token);
            blobs.Start();
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new StartupException(
                $"the broker does not answer ({link.State.Reason})", "look into its log, or check the Mqtt settings.", e);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await bridge.DisposeAsync();
        await blobs.DisposeAsync();
        await link.DisposeAsync();
    }
}
