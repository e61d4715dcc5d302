namespace EdgeFleet.Mqtt;

/// <summary>Opens links: the native one, or the one in memory.</summary>
public interface IMqttLinkFactory
{
    /// <summary>A link that is not started yet.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; names it.</exception>
    IMqttLink Create(MqttLinkOptions options);
}
