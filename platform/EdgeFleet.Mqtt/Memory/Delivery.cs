namespace EdgeFleet.Mqtt.Memory;

/// <summary>A message in a session's queue.</summary>
/// <param name="ExpiresAt">Null keeps it.</param>
internal sealed record Delivery(MqttMessage Message, DateTimeOffset? ExpiresAt)
{
    public bool LoseAcknowledgement { get; init; }

    /// <summary>The message as it is handed over now: with what is left of its expiry.</summary>
    public MqttMessage At(DateTimeOffset now) => ExpiresAt is { } end ? Message with { Expiry = Ceiling(end - now) } : Message;

    private static TimeSpan Ceiling(TimeSpan left) => TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds));
}
