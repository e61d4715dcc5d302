using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts;

/// <summary>Every MQTT topic of the product. A device may write below its own <c>up</c>, read below its own <c>down</c> and read <c>blob</c>.</summary>
public static class Topics
{
    public const string Root = "edgefleet/v1";

    /// <summary>What the silo listens to: all devices, shared between silos.</summary>
    public const string AllUpShared = "$share/silo/" + Root + "/+/up/#";

    /// <summary>Retained JSON <see cref="Delivery.DesiredState"/>.</summary>
    public static string Desired(DeviceId device) => $"{Root}/{device.Value}/down/desired";

    /// <summary>JSON <see cref="Delivery.UpAck"/>, not retained.</summary>
    public static string Ack(DeviceId device) => $"{Root}/{device.Value}/down/ack";

    /// <summary>JSON <see cref="Devices.DeviceRegistration"/>.</summary>
    public static string Registration(DeviceId device) => Up(device, UpKind.Registration);

    /// <summary>JSON <see cref="Delivery.ReportedState"/>.</summary>
    public static string Reported(DeviceId device) => Up(device, UpKind.Reported);

    /// <summary>JSON <see cref="Telemetry.TelemetryBatch"/>.</summary>
    public static string Telemetry(DeviceId device) => Up(device, UpKind.Telemetry);

    /// <summary>JSON <see cref="Delivery.ChunkRequest"/>.</summary>
    public static string Want(DeviceId device) => Up(device, UpKind.Want);

    /// <summary>JSON <see cref="Devices.Presence"/>, also the device's will.</summary>
    public static string Presence(DeviceId device) => Up(device, UpKind.Presence);

    /// <summary>Binary <see cref="Delivery.BlobChunk"/>, not retained; published once for all devices that wait for it.</summary>
    public static string Blob(Sha256Digest artifact) => $"{Root}/blob/{artifact.Value}";

    public static string Up(DeviceId device, string kind) => $"{Root}/{device.Value}/up/{kind}";

    /// <summary>Splits <c>edgefleet/v1/{device}/up/{kind}</c>; false for any other topic or a malformed device id.</summary>
    public static bool TryParseUp(string topic, out DeviceId device, out string kind)
    {
        var parts = topic.Split('/');
        if (parts.Length == 5 && parts[0] == "edgefleet" && parts[1] == "v1" && parts[3] == "up" && Identifier.IsValid(parts[2]))
        {
            device = new DeviceId(parts[2]);
            kind = parts[4];
            return true;
        }

        device = default;
        kind = "";
        return false;
    }
}

/// <summary>The last level of a device's up topics.</summary>
public static class UpKind
{
    public const string Registration = "registration";
    public const string Reported = "reported";
    public const string Telemetry = "telemetry";
    public const string Want = "want";
    public const string Presence = "presence";
}
