namespace EdgeFleet.Mqtt.Memory;

/// <summary>A client's open connection to the broker in memory.</summary>
internal sealed class BrokerConnection(BrokerSession session, MqttMessage? will, bool sessionPresent, Action wake)
{
    public BrokerSession Session { get; } = session;

    public MqttMessage? Will { get; } = will;

    public bool SessionPresent { get; } = sessionPresent;

    /// <summary>Why the broker ended it; null while open.</summary>
    public string? EndedBecause { get; private set; }

    public void Wake() => wake();

    public void End(string reason)
    {
        EndedBecause ??= reason;
        wake();
    }
}
