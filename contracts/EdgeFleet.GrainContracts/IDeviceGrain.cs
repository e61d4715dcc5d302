using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Telemetry;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.GrainContracts;

/// <summary>One device. Key: the device id.</summary>
[Alias("edgefleet.device")]
public interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>The device says what it is. A new incarnation starts its sequences again.</summary>
    [Alias("register")]
    Task Register(DeviceRegistration registration);

    /// <summary>The device came or went.</summary>
    [Alias("presence")]
    Task SetPresence(Presence presence);

    /// <summary>The device says where it stands. Returns the acknowledgement to send; an old or doubled one changes nothing.</summary>
    [Alias("report")]
    Task<UpAck> Report(ReportedState reported);

    /// <summary>Counts a batch once. Returns the acknowledgement to send; a doubled batch or one after a gap changes nothing.</summary>
    [Alias("telemetry")]
    Task<UpAck> TakeTelemetry(TelemetryBatch batch);

    /// <summary>A message of this device was unusable: counted, and nothing else.</summary>
    [Alias("reject-message")]
    Task CountRejectedMessage(string reason);

    /// <summary>Everything known of it.</summary>
    [Alias("describe")]
    [AlwaysInterleave]
    Task<DeviceView> Describe();

    /// <summary>
    /// A rollout gives the device a variant: a new generation, stored before this returns and published soon after, however often the
    /// broker fails. Asked twice for the same, the same generation comes back. Where something requested later was assigned meanwhile,
    /// nothing changes and that desired state comes back: its rollout is another one.
    /// </summary>
    [Alias("assign")]
    Task<DesiredState> Assign(VariantAssignment assignment);

    /// <summary>
    /// Puts the device back on what it had proved before this rollout: a new generation, of the same rollout, stored and then published.
    /// Asked twice, the same generation comes back. Null when there is nothing to go back to; the present desired state of another
    /// rollout when that one superseded this one, or when this one never reached the device.
    /// </summary>
    [Alias("revert")]
    Task<DesiredState?> Revert(RolloutId rollout);

    /// <summary>Publishes the desired state again (after the broker lost it); returns when the broker has it.</summary>
    [Alias("republish")]
    Task Republish();
}

/// <summary>A variant for a device.</summary>
/// <param name="Rollout">Who asks; null for a person.</param>
/// <param name="Reason">Why this form, in words.</param>
/// <param name="RequestedAt">When the rollout was asked for: an older request never replaces a newer one.</param>
[Alias("edgefleet.assignment")]
public sealed record VariantAssignment(
    RolloutId? Rollout,
    ModelId Model,
    CompressionProfile Profile,
    ArtifactRef Variant,
    ArtifactRef Golden,
    InputScaling Input,
    ProofPolicy Proof,
    string Reason,
    DateTimeOffset RequestedAt);
