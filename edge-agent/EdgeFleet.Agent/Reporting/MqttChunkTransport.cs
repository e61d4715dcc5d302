using System.Text.Json;
using EdgeFleet.Agent.Install;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Mqtt;

namespace EdgeFleet.Agent.Reporting;

/// <summary>Chunks over MQTT: subscribed to an artifact's topic only while it is being fetched.</summary>
internal sealed class MqttChunkTransport(DeviceId device, IMqttLink link) : IChunkTransport
{
    private const string BlobPrefix = Topics.Root + "/blob/";

    private readonly Lock _gate = new();
    private (string Topic, Action<ReadOnlyMemory<byte>> Sink)? _open;

    public bool Connected => link.State.Connected;

    public async Task<IAsyncDisposable> OpenAsync(Sha256Digest artifact, Action<ReadOnlyMemory<byte>> sink, CancellationToken cancellationToken)
    {
        var topic = Topics.Blob(artifact);
        lock (_gate)
        {
            _open = (topic, sink);
        }

        try
        {
            await link.SubscribeAsync(topic, MqttQos.AtLeastOnce, cancellationToken);
        }
        catch
        {
            Close(topic);
            throw;
        }

        return new Subscription(this, topic);
    }

    public async Task RequestAsync(ChunkRequest request, CancellationToken cancellationToken)
    {
        // A request that waited for long asks for what may have come meanwhile; the downloader asks again anyway.
        var message = new MqttMessage(Topics.Want(device), JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.ChunkRequest))
        {
            Expiry = TimeSpan.FromSeconds(30),
        };
        await link.PublishAsync(message, cancellationToken);
    }

    /// <summary>Hands a chunk to the download under way; false where the topic carries no chunks. Chunks that come late are dropped.</summary>
    public bool TryTake(MqttMessage message)
    {
        if (!message.Topic.StartsWith(BlobPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        Action<ReadOnlyMemory<byte>>? sink;
        lock (_gate)
        {
            sink = _open?.Topic == message.Topic ? _open.Value.Sink : null;
        }

        sink?.Invoke(message.Payload);
        return true;
    }

    private void Close(string topic)
    {
        lock (_gate)
        {
            if (_open?.Topic == topic)
            {
                _open = null;
            }
        }
    }

    private sealed class Subscription(MqttChunkTransport owner, string topic) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            owner.Close(topic);
            try
            {
                await owner.Unsubscribe(topic);
            }
            catch (Exception e) when (e is MqttLinkException or ObjectDisposedException or OperationCanceledException)
            {
                // Chunks that still come are dropped by their topic; the broker forgets the subscription with the session.
            }
        }
    }

    private Task Unsubscribe(string topic) => link.UnsubscribeAsync(topic, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(2));
}
