namespace EdgeFleet.Mqtt;

/// <summary>MQTT 5 reason codes in words, and which of them no retry will heal.</summary>
internal static class MqttReasons
{
    public const int Unspecified = 0x80;
    public const int SessionTakenOver = 0x8E;
    public const int NotAuthorized = 0x87;
    public const int PacketTooLarge = 0x95;
    public const int QuotaExceeded = 0x97;

    public static string Describe(int code) => code switch
    {
        0x00 => "success",
        0x04 => "disconnect with will message",
        0x10 => "no matching subscribers",
        0x80 => "unspecified error",
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x83 => "implementation specific error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        NotAuthorized => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8A => "banned",
        0x8B => "server shutting down",
        0x8C => "bad authentication method",
        0x8D => "keep-alive timeout",
        SessionTakenOver => "another client connected with the same client id",
        0x8F => "topic filter invalid",
        0x90 => "topic name invalid",
        0x93 => "receive maximum exceeded",
        PacketTooLarge => "packet too large",
        0x96 => "message rate too high",
        QuotaExceeded => "quota exceeded",
        0x98 => "administrative action",
        0x99 => "payload format invalid",
        0x9A => "retain not supported",
        0x9B => "QoS not supported",
        0x9C => "use another server",
        0x9D => "server moved",
        0x9E => "shared subscriptions not supported",
        0x9F => "connection rate exceeded",
        0xA0 => "maximum connect time",
        0xA2 => "wildcard subscriptions not supported",
        _ => "reason code",
    } + $" (0x{code:X2})";

    /// <summary>A refused connect that stays refused until someone changes a setting.</summary>
    public static bool IsFinal(int code) => code is 0x81 or 0x82 or 0x84 or 0x85 or 0x86 or 0x87 or 0x8A or 0x8C or 0x90 or 0x95 or 0x99 or 0x9A or 0x9B or 0x9C or 0x9D;
}
