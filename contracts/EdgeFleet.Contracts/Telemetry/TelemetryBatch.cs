using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Contracts.Telemetry;

/// <summary>What a device did with one variant in one period.</summary>
/// <param name="Device">The sender; must equal the topic's device level.</param>
/// <param name="Incarnation">As in the registration.</param>
/// <param name="Sequence">1, 2, 3… without gaps; the silo counts each once and acknowledges the highest without a gap below it.</param>
/// <param name="From">Start of the period, the device's clock.</param>
/// <param name="To">End of the period.</param>
/// <param name="Variant">What served.</param>
/// <param name="Model">Its model.</param>
/// <param name="Profile">Its profile.</param>
/// <param name="Inferences">Answers given.</param>
/// <param name="Errors">Inputs without an answer.</param>
/// <param name="Labelled">Answers whose truth came along.</param>
/// <param name="Correct">Of those, the right ones.</param>
/// <param name="Latency">Of the answers.</param>
public sealed record TelemetryBatch(
    DeviceId Device,
    Guid Incarnation,
    long Sequence,
    DateTimeOffset From,
    DateTimeOffset To,
    Sha256Digest Variant,
    ModelId Model,
    CompressionProfile Profile,
    long Inferences,
    long Errors,
    long Labelled,
    long Correct,
    LatencyHistogram Latency);
