namespace EdgeFleet.Mqtt;

/// <summary>A message, out or in.</summary>
/// <param name="Topic">Without wildcards, 1 to 65,535 bytes of UTF-8.</param>
/// <param name="Payload">Up to 256 MiB less one byte; owned by whoever holds the message: do not change it before the publish has returned.</param>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Largest payload that MQTT can carry, in bytes.</summary>
    public const int MaxPayloadBytes = 268_435_455;

    public MqttQos Qos { get; init; } = MqttQos.AtLeastOnce;

    /// <summary>Out: the broker keeps it as the topic's last value (an empty payload erases that). In: it came from there, not live.</summary>
    public bool Retain { get; init; }

    /// <summary>After which the broker drops it undelivered, counted in whole seconds from when the broker took it; null keeps it. In: what was left.</summary>
    public TimeSpan? Expiry { get; init; }
}
