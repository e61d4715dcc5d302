namespace EdgeFleet.Mqtt;

/// <summary>A connection's state, with the reason of the last change in words.</summary>
/// <param name="SessionPresent">The broker still had the session, with its subscriptions and waiting messages.</param>
public readonly record struct MqttLinkState(bool Connected, bool SessionPresent, string Reason);
