namespace EdgeFleet.Mqtt.Links;

/// <summary>One SUBSCRIBE or UNSUBSCRIBE, and who waits for the answer.</summary>
/// <param name="qos">Null unsubscribes.</param>
/// <param name="awaited">Somebody waits for the answer; a refusal that nobody waits for goes into the link's state.</param>
internal sealed class SubscriptionCommand(string filter, MqttQos? qos, bool awaited)
{
    public string Filter { get; } = filter;

    public MqttQos? Qos { get; } = qos;

    public bool Awaited { get; } = awaited;

    /// <summary>The broker has granted it before, in the session that it still has: retained messages were delivered then.</summary>
    public bool IsRenewal { get; set; }

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
