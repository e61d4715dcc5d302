namespace EdgeFleet.Mqtt;

/// <summary>The broker or the library refused; the message says what and why.</summary>
public sealed class MqttLinkException : IOException
{
    public MqttLinkException(string message, int reasonCode, Exception? inner = null)
        : base(message, inner) => ReasonCode = reasonCode;

    /// <summary>MQTT 5 reason code (128 and above), or the library's error number below 0.</summary>
    public int ReasonCode { get; }
}
