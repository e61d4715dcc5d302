using System.Text.Json;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Grains.Ports;
using EdgeFleet.Mqtt;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Puts desired states on their retained topics.</summary>
internal sealed class DesiredStatePublisher(IMqttLink link, TimeProvider time) : IDesiredStatePublisher
{
    /// <summary>Well below a grain call's time limit.</summary>
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">No broker within 5 s.</exception>
    public async Task PublishAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(desired, WireJson.Default.DesiredState);
        using var limit = new CancellationTokenSource(GiveUp, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!link.State.Connected)
            {
                throw new IOException($"No connection to the broker: {link.State.Reason}");
            }

            await link.PublishAsync(new MqttMessage(Topics.Desired(desired.Device), payload) { Retain = true }, either.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new IOException($"The broker did not take the desired state of {desired.Device} within {GiveUp.TotalSeconds:0} s.", e);
        }
    }
}
