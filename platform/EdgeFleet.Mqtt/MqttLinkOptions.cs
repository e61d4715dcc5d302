namespace EdgeFleet.Mqtt;

/// <summary>How to connect.</summary>
public sealed record MqttLinkOptions
{
    /// <summary>1 to 256 characters; a second client of the same id ends the first one's connection.</summary>
    public required string ClientId { get; init; }

    /// <summary>Name or address. A name with IPv4 and IPv6 addresses is tried with both, IPv4 first.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>1 to 65,535.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Null connects without TLS.</summary>
    public MqttTlsOptions? Tls { get; init; }

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>
    /// False takes up the broker's session again, so that messages sent meanwhile arrive. True forgets it at the first connect;
    /// reconnects of the same link always take it up.
    /// </summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>How long the broker keeps the session after a disconnect, in whole seconds.</summary>
    public TimeSpan SessionExpiry { get; init; }

    /// <summary>Longest silence on the connection; a peer silent for twice as long is taken for dead. 5 s to 18 h.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the network, TLS and the broker's answer together. 1 s to 5 min.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Published by the broker when this client dies.</summary>
    public MqttMessage? Will { get; init; }

    /// <summary>Messages that may wait to be sent, and as many that may wait to be read. 1 to 100,000.</summary>
    public int QueueLength { get; init; } = 1000;

    /// <summary>
    /// Payload bytes that may wait to be sent, and as many that may wait to be read; one message always may. The incoming queue
    /// can exceed both bounds by what one network read delivers. 1 KiB to 1 GiB.
    /// </summary>
    public int QueueBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>QoS 1 messages in flight, in each direction (receive maximum). 1 to 65,535.</summary>
    public int ReceiveMaximum { get; init; } = 20;

    /// <summary>Largest message taken in, in bytes; the broker drops larger ones. 1 KiB to 256 MiB.</summary>
    public int MaximumPacketBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>First wait before a reconnect; doubled up to <see cref="ReconnectMax"/>, then shortened at random by up to half.</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait before a reconnect; at least <see cref="ReconnectMin"/>.</summary>
    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="ArgumentException">An option is out of its range; names it.</exception>
    internal void Validate()
    {
        Require(ClientId.Length is > 0 and <= 256, nameof(ClientId), "1 to 256 characters", ClientId.Length);
        Require(!string.IsNullOrWhiteSpace(Host), nameof(Host), "a name or an address", Host);
        Require(Port is > 0 and <= 65_535, nameof(Port), "1 to 65535", Port);
        Require(Password is null || UserName is not null, nameof(UserName), "set where Password is", UserName);
        Require(SessionExpiry >= TimeSpan.Zero && SessionExpiry.TotalSeconds <= uint.MaxValue, nameof(SessionExpiry), "0 to 4294967295 s", SessionExpiry);
        Require(KeepAlive.TotalSeconds is >= 5 and <= 64_800, nameof(KeepAlive), "5 s to 18 h", KeepAlive);
        Require(ConnectTimeout.TotalSeconds is >= 1 and <= 300, nameof(ConnectTimeout), "1 s to 5 min", ConnectTimeout);
        Require(QueueLength is > 0 and <= 100_000, nameof(QueueLength), "1 to 100000", QueueLength);
        Require(QueueBytes is >= 1024 and <= 1 << 30, nameof(QueueBytes), "1 KiB to 1 GiB", QueueBytes);
        Require(ReceiveMaximum is > 0 and <= 65_535, nameof(ReceiveMaximum), "1 to 65535", ReceiveMaximum);
        Require(MaximumPacketBytes is >= 1024 and <= 1 << 28, nameof(MaximumPacketBytes), "1 KiB to 256 MiB", MaximumPacketBytes);
        Require(ReconnectMin > TimeSpan.Zero, nameof(ReconnectMin), "above 0", ReconnectMin);
        Require(ReconnectMax >= ReconnectMin && ReconnectMax <= TimeSpan.FromHours(1), nameof(ReconnectMax), "ReconnectMin to 1 h", ReconnectMax);
        Require(Tls is null || (Tls.CertificateFile is null) == (Tls.KeyFile is null), nameof(Tls), "certificate and key together", Tls);
        if (Will is not null)
        {
            MqttTopic.RequirePublishable(Will);
        }
    }

    private static void Require(bool holds, string option, string range, object? value)
    {
        if (!holds)
        {
            throw new ArgumentException($"MQTT option {option} is '{value}'; it must be {range}.", option);
        }
    }
}
