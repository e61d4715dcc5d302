using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Contracts.Delivery;

/// <summary>What a device shall run: retained, so that a device which was away reads it on return.</summary>
/// <param name="Device">The receiver.</param>
/// <param name="Generation">Rises by one at each change; a device ignores any that is not newer than what it has seen.</param>
/// <param name="Rollout">The rollout that asks for it, if any.</param>
/// <param name="Model">Name and version.</param>
/// <param name="Profile">The form chosen for this device.</param>
/// <param name="Variant">The bytes to run.</param>
/// <param name="Golden">The golden set to reproduce, as JSON bytes.</param>
/// <param name="ChunkBytes">Payload bytes of each blob chunk but the last.</param>
/// <param name="Input">How raw samples become the model's input.</param>
/// <param name="Proof">What the device must show before it activates.</param>
/// <param name="IssuedAt">The silo's clock.</param>
public sealed record DesiredState(
    DeviceId Device,
    long Generation,
    RolloutId? Rollout,
    ModelId Model,
    CompressionProfile Profile,
    ArtifactRef Variant,
    ArtifactRef Golden,
    int ChunkBytes,
    InputScaling Input,
    ProofPolicy Proof,
    DateTimeOffset IssuedAt);

/// <summary>What a device must show before a variant counts.</summary>
/// <param name="AgreementFloor">Share in [0, 1] of recent inputs on which the new variant must give the serving one's top-1 answer; 0 skips it.</param>
/// <param name="RecentInputs">How many of the device's most recent inputs are compared, at most.</param>
/// <param name="Soak">How long it must serve without error before it is proved.</param>
public sealed record ProofPolicy(double AgreementFloor = 0.9, int RecentInputs = 256, TimeSpan Soak = default);

/// <summary>The silo took in everything of this device's stream up to and including a number.</summary>
/// <param name="Stream">An <see cref="UpKind"/>: <c>telemetry</c> or <c>reported</c>.</param>
/// <param name="Incarnation">The stream's incarnation.</param>
/// <param name="UpTo">Highest sequence without a gap below it; 0 before the first.</param>
public sealed record UpAck(string Stream, Guid Incarnation, long UpTo);
