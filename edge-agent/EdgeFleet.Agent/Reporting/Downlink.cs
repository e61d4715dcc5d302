using System.Text.Json;
using EdgeFleet.Agent.Reconcile;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Mqtt;

namespace EdgeFleet.Agent.Reporting;

/// <summary>Reads what comes from the broker and hands it on; a message can be anything.</summary>
internal sealed class Downlink(
    DeviceId device, IMqttLink link, DesiredMailbox mailbox, Uplink uplink, MqttChunkTransport chunks, MessageRejections rejections)
{
    private const int MaxAckBytes = 4096;

    private readonly string _desired = Topics.Desired(device);
    private readonly string _ack = Topics.Ack(device);

    /// <summary>Subscribes to what every agent listens to; in force at each connect.</summary>
    public async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        await link.SubscribeAsync(_desired, MqttQos.AtLeastOnce, cancellationToken);
        await link.SubscribeAsync(_ack, MqttQos.AtLeastOnce, cancellationToken);
    }

    /// <summary>Runs until the link is disposed or the token cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var message in link.ReadAllAsync(cancellationToken))
        {
            if (message.Topic == _desired)
            {
                TakeDesired(message.Payload.Span);
            }
            else if (message.Topic == _ack)
            {
                TakeAck(message.Payload.Span);
            }
            else if (!chunks.TryTake(message))
            {
                rejections.Count("unknown-topic", message.Topic);
            }
        }
    }

    private void TakeDesired(ReadOnlySpan<byte> payload)
    {
        var reading = DesiredStateReader.Read(payload, device);
        if (reading is DesiredReading.Unusable unusable)
        {
            // An empty retained message is how a desired state is cleared: nothing is asked for, and what serves stays.
            if (payload.Length > 0)
            {
                rejections.Count(unusable.Kind, unusable.Reason);
            }

            return;
        }

        mailbox.Offer(reading);
    }

    private void TakeAck(ReadOnlySpan<byte> payload)
    {
        try
        {
            if (payload.Length > MaxAckBytes
                || JsonSerializer.Deserialize(payload, WireJson.Default.UpAck) is not { } ack
                || !uplink.Acknowledge(ack))
            {
                rejections.Count("bad-ack", "not an acknowledgement of this device's streams");
            }
        }
        catch (JsonException e)
        {
            rejections.Count("bad-ack", e.Message);
        }
    }
}
