using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>What a device sent, read and checked; or why it is unusable.</summary>
internal abstract record UpMessage(DeviceId Device)
{
    public sealed record Registration(DeviceRegistration Body) : UpMessage(Body.Device);

    public sealed record Presence(Contracts.Devices.Presence Body) : UpMessage(Body.Device);

    public sealed record Report(ReportedState Body) : UpMessage(Body.Device);

    public sealed record Telemetry(TelemetryBatch Body) : UpMessage(Body.Device);

    public sealed record Want(ChunkRequest Body) : UpMessage(Body.Device);

    /// <param name="Device">Of the topic.</param>
    /// <param name="Fault">What kind of fault; a label of the metric.</param>
    /// <param name="Reason">In words.</param>
    public sealed record Rejected(DeviceId Device, UpFault Fault, string Reason) : UpMessage(Device);
}

/// <summary>Why a message is unusable.</summary>
internal enum UpFault
{
    /// <summary>Larger than its kind may be.</summary>
    Oversize,

    /// <summary>Not JSON, or not of the kind's form.</summary>
    Malformed,

    /// <summary>It speaks for another device than its topic.</summary>
    WrongDevice,

    /// <summary>The last topic level is none of <see cref="Contracts.UpKind"/>.</summary>
    UnknownKind,

    /// <summary>Well formed, but a value is out of its range.</summary>
    OutOfRange,

    /// <summary>It asks for an artifact that there is not.</summary>
    UnknownArtifact,

    /// <summary>The silo failed while it took it in; the device sends it again.</summary>
    Failed,
}
