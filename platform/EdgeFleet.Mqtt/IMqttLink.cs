namespace EdgeFleet.Mqtt;

/// <summary>Delivery promise of a message. (2 is not used by this product.)</summary>
public enum MqttQos
{
    AtMostOnce = 0,
    AtLeastOnce = 1,
}

/// <summary>A message, out or in.</summary>
/// <param name="Topic">Without wildcards.</param>
/// <param name="Payload">Up to 256 MiB; owned by whoever holds the message.</param>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload)
{
    public MqttQos Qos { get; init; } = MqttQos.AtLeastOnce;

    public bool Retain { get; init; }

    /// <summary>After which the broker drops it undelivered; null keeps it.</summary>
    public TimeSpan? Expiry { get; init; }
}

/// <summary>A connection's state, with the reason of the last change in words.</summary>
public readonly record struct MqttLinkState(bool Connected, bool SessionPresent, string Reason);

/// <summary>An MQTT 5 connection that keeps itself up: back-off with jitter, subscriptions renewed, queue kept.</summary>
public interface IMqttLink : IAsyncDisposable
{
    string ClientId { get; }

    MqttLinkState State { get; }

    /// <summary>Raised at every connect and disconnect, in order, never concurrently. Handlers must be quick and must not throw.</summary>
    event Action<MqttLinkState>? StateChanged;

    /// <summary>Starts, and returns when the first connect succeeded. Afterwards the link reconnects by itself until disposed.</summary>
    /// <exception cref="MqttLinkException">The broker refused for good (bad credentials, protocol), with its reason code.</exception>
    Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Starts and returns at once; the link connects as soon as a broker answers.</summary>
    void Start();

    /// <summary>Subscribes now and again after each reconnect. Returns when the broker granted it, or at once while not connected.</summary>
    /// <exception cref="MqttLinkException">The broker refused this filter.</exception>
    Task SubscribeAsync(string filter, MqttQos qos, CancellationToken cancellationToken);

    Task UnsubscribeAsync(string filter, CancellationToken cancellationToken);

    /// <summary>
    /// Sends. QoS 0: returns when handed to the connection, and fails while not connected. QoS 1: returns when the broker acknowledged,
    /// across reconnects, until cancelled. Waits while the outgoing queue is full (back-pressure).
    /// </summary>
    Task PublishAsync(MqttMessage message, CancellationToken cancellationToken);

    /// <summary>Incoming messages in order; ends when the link is disposed. Bounded: while the reader is behind, the broker is not read.</summary>
    IAsyncEnumerable<MqttMessage> ReadAllAsync(CancellationToken cancellationToken);
}

/// <summary>Opens links: the native one, or the one in memory.</summary>
public interface IMqttLinkFactory
{
    IMqttLink Create(MqttLinkOptions options);
}

/// <summary>How to connect.</summary>
public sealed record MqttLinkOptions
{
    public required string ClientId { get; init; }

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 1883;

    /// <summary>Null connects without TLS.</summary>
    public MqttTlsOptions? Tls { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>False takes up the broker's session again, so that messages sent meanwhile arrive.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>How long the broker keeps the session after a disconnect.</summary>
    public TimeSpan SessionExpiry { get; init; }

    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Published by the broker when this client dies.</summary>
    public MqttMessage? Will { get; init; }

    /// <summary>Messages that may wait to be sent, and as many that may wait to be read. 1 to 100,000.</summary>
    public int QueueLength { get; init; } = 1000;

    /// <summary>QoS 1 messages in flight, in each direction (receive maximum). 1 to 65,535.</summary>
    public int ReceiveMaximum { get; init; } = 20;

    /// <summary>Largest message taken in; the broker drops larger ones.</summary>
    public int MaximumPacketBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>First wait before a reconnect; doubled up to <see cref="ReconnectMax"/>, then halved at random (full jitter on the upper half).</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>TLS 1.2+ with an optional client certificate; all files PEM.</summary>
public sealed record MqttTlsOptions(string AuthorityFile, string? CertificateFile, string? KeyFile)
{
    /// <summary>False skips the host name check (a broker reached by an address that its certificate does not name).</summary>
    public bool VerifyHostName { get; init; } = true;
}

/// <summary>The broker or the library refused; the message says what and why.</summary>
public sealed class MqttLinkException : IOException
{
    public MqttLinkException(string message, int reasonCode, Exception? inner = null)
        : base(message, inner) => ReasonCode = reasonCode;

    /// <summary>MQTT 5 reason code, or the library's error number below 0.</summary>
    public int ReasonCode { get; }
}
