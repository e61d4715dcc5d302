using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Contracts.Delivery;

/// <summary>Where a device stands with the generation that it names.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InstallPhase>))]
public enum InstallPhase
{
    /// <summary>Nothing asked for yet.</summary>
    Idle,

    /// <summary>Fetching chunks.</summary>
    Downloading,

    /// <summary>Loading, reproducing golden outputs, comparing with the serving variant.</summary>
    Proving,

    /// <summary>Active and serving, not yet proved.</summary>
    Soaking,

    /// <summary>Active, and everything asked for was shown. The only success.</summary>
    Proved,

    /// <summary>Not activated, or given up while soaking; what served before serves on.</summary>
    Failed,
}

/// <summary>Why an install failed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<InstallFailure>))]
public enum InstallFailure
{
    None,

    /// <summary>The bytes don't have the digest, or no chunk came.</summary>
    Download,

    /// <summary>No room for the bytes.</summary>
    DiskFull,

    /// <summary>The runtime can't load or run it.</summary>
    Load,

    /// <summary>The golden outputs were not reproduced within tolerance.</summary>
    Golden,

    /// <summary>It disagrees with the serving variant on the device's recent inputs.</summary>
    Disagreement,

    /// <summary>It failed while soaking, so the device fell back.</summary>
    Soak,

    /// <summary>The device can't take it at all (malformed desired state, unsupported input).</summary>
    Rejected,
}

/// <summary>What a device says of itself; the newest sequence wins, older ones are ignored.</summary>
/// <param name="Device">The sender; must equal the topic's device level.</param>
/// <param name="Incarnation">As in the registration.</param>
/// <param name="Sequence">Rises by one at each change, across restarts.</param>
/// <param name="Generation">The desired generation that Phase and Failure speak of; 0 before the first.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Active">What serves now; null before the first install.</param>
/// <param name="ActiveModel">Model of the active variant.</param>
/// <param name="ActiveProfile">Profile of the active variant.</param>
/// <param name="Fallback">What it would fall back to without any download.</param>
/// <param name="Failure">Why, when Phase is Failed.</param>
/// <param name="Message">The reason in words.</param>
/// <param name="BytesReceived">Chunk payload bytes received for this generation, repeated ones included.</param>
/// <param name="Proof">What was measured on the device for this generation.</param>
/// <param name="At">The device's clock.</param>
public sealed record ReportedState(
    DeviceId Device,
    Guid Incarnation,
    long Sequence,
    long Generation,
    InstallPhase Phase,
    Sha256Digest? Active,
    ModelId? ActiveModel,
    CompressionProfile? ActiveProfile,
    Sha256Digest? Fallback,
    InstallFailure Failure,
    string? Message,
    long BytesReceived,
    ProofResult? Proof,
    DateTimeOffset At);

/// <summary>What the device measured while it proved a variant.</summary>
/// <param name="GoldenMaxError">Largest absolute difference from the golden outputs.</param>
/// <param name="GoldenTolerance">The tolerance that applied where the error was largest.</param>
/// <param name="Agreement">Share in [0, 1] of recent inputs with the serving variant's answer; null without a serving variant or inputs.</param>
/// <param name="ComparedInputs">How many recent inputs were compared.</param>
/// <param name="LatencyP50Ms">Median latency of the variant while proving.</param>
/// <param name="IncumbentP50Ms">Median latency of the serving variant on the same inputs.</param>
public sealed record ProofResult(
    double GoldenMaxError,
    double GoldenTolerance,
    double? Agreement,
    int ComparedInputs,
    double? LatencyP50Ms,
    double? IncumbentP50Ms);
