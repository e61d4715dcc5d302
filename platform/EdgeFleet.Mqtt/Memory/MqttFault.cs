namespace EdgeFleet.Mqtt.Memory;

/// <summary>What the broker in memory does to one delivery instead of simply making it.</summary>
public abstract record MqttFault
{
    private MqttFault()
    {
    }

    /// <summary>The message never arrives, though the broker believes it did.</summary>
    public sealed record Drop : MqttFault;

    /// <summary>The message arrives twice in a row.</summary>
    public sealed record Duplicate : MqttFault;

    /// <summary>The message arrives later, after what was sent meanwhile.</summary>
    public sealed record Delay(TimeSpan By) : MqttFault;

    /// <summary>The message arrives after the one that follows it.</summary>
    public sealed record Reorder : MqttFault;

    /// <summary>The message arrives, but its acknowledgement is lost: a QoS 1 message arrives again after the next reconnect.</summary>
    public sealed record LoseAcknowledgement : MqttFault;
}
