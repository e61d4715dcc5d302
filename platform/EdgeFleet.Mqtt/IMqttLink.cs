namespace EdgeFleet.Mqtt;

/// <summary>An MQTT 5 connection that keeps itself up: back-off with jitter, subscriptions renewed, queue kept. Safe for concurrent use.</summary>
/// <remarks>
/// Delivery is at least once for QoS 1 in both directions. An incoming QoS 1 message is acknowledged when it enters the incoming queue,
/// not when the reader took it. While that queue is full the connection is not read; when this lasts longer than the keep-alive time
/// (twice, at most) the connection is given up, and taken up again once the reader has caught up.
/// After <see cref="IAsyncDisposable.DisposeAsync"/> every call fails with <see cref="ObjectDisposedException"/>, and so do calls still waiting then.
/// </remarks>
public interface IMqttLink : IAsyncDisposable
{
    string ClientId { get; }

    MqttLinkState State { get; }

    /// <summary>Raised at every connect and disconnect, in order, never concurrently. Handlers must be quick and must not throw.</summary>
    event Action<MqttLinkState>? StateChanged;

    /// <summary>
    /// Starts, and returns when the first connect succeeded. Afterwards the link reconnects by itself until disposed.
    /// Cancelling ends the wait only: the link goes on trying.
    /// </summary>
    /// <exception cref="MqttLinkException">The broker refused for good (bad credentials, certificate, protocol), with its reason code. The link may be started again.</exception>
    Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Starts and returns at once; the link connects as soon as a broker answers, and goes on trying whatever the refusal.</summary>
    void Start();

    /// <summary>Subscribes now and again after each reconnect. Returns when the broker granted it, or at once while not connected.</summary>
    /// <exception cref="MqttLinkException">The broker refused this filter.</exception>
    /// <exception cref="ArgumentException">Not a topic filter.</exception>
    Task SubscribeAsync(string filter, MqttQos qos, CancellationToken cancellationToken);

    /// <summary>Ends a subscription. Returns when the broker confirmed, or at once while not connected.</summary>
    Task UnsubscribeAsync(string filter, CancellationToken cancellationToken);

    /// <summary>
    /// Sends. QoS 0: returns when handed to the connection, and fails while not connected. QoS 1: returns when the broker acknowledged,
    /// across reconnects, until cancelled. Waits while the outgoing queue is full (back-pressure). Messages go out in the order of the calls.
    /// </summary>
    /// <exception cref="MqttLinkException">The broker refused the message (not authorized, too large), or QoS 0 and the connection is down.</exception>
    /// <exception cref="ArgumentException">A topic with wildcards, too large a payload, an expiry below one second.</exception>
    Task PublishAsync(MqttMessage message, CancellationToken cancellationToken);

    /// <summary>Incoming messages in order; ends when the link is disposed. Bounded: while the reader is behind, the broker is not read.</summary>
    IAsyncEnumerable<MqttMessage> ReadAllAsync(CancellationToken cancellationToken);
}
