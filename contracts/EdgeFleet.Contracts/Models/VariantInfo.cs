using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts.Models;

/// <summary>Where the production of a variant stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VariantStatus>))]
public enum VariantStatus
{
    /// <summary>Nobody asked for it yet.</summary>
    None,

    /// <summary>Being made or waiting for a worker.</summary>
    Producing,

    /// <summary>Made, executed, above its floor.</summary>
    Ready,

    /// <summary>Made and executed, but below its quality floor: never handed out.</summary>
    Refused,

    /// <summary>Could not be made; the message says why. Asked for again, it is tried again.</summary>
    Failed,
}

/// <summary>A variant of a model: one form, produced once.</summary>
/// <param name="Source">Digest of the original model's bytes.</param>
/// <param name="Profile">Its form.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Artifact">The variant's ONNX bytes, when ready.</param>
/// <param name="Golden">The <see cref="GoldenSet"/> as JSON, when ready.</param>
/// <param name="Quality">Measured against the original, when executed.</param>
/// <param name="Message">Why it was refused or failed.</param>
/// <param name="ProducedAt">When it ended.</param>
public sealed record VariantInfo(
    Sha256Digest Source,
    CompressionProfile Profile,
    VariantStatus Status,
    ArtifactRef? Artifact,
    ArtifactRef? Golden,
    QualityReport? Quality,
    string? Message,
    DateTimeOffset? ProducedAt);

/// <summary>A variant measured against its original, both executed on the calibration data by the same runtime.</summary>
/// <param name="Samples">Samples compared.</param>
/// <param name="Top1Agreement">Share in [0, 1] of samples where both have the same highest output.</param>
/// <param name="Cosine">Mean cosine of the outputs.</param>
/// <param name="MaxAbsError">Largest absolute difference of any output element.</param>
/// <param name="Accuracy">Share in [0, 1] of labelled samples that the variant gets right; null without labels.</param>
/// <param name="SourceAccuracy">The original's, on the same samples.</param>
/// <param name="SizeBytes">Bytes of the variant.</param>
/// <param name="SourceSizeBytes">Bytes of the original.</param>
/// <param name="LatencyRatio">Variant's median latency over the original's: one thread, batch 1, interleaved; below 1 is faster.</param>
/// <param name="Floor">The agreement below which the variant is refused.</param>
public sealed record QualityReport(
    int Samples,
    double Top1Agreement,
    double Cosine,
    double MaxAbsError,
    double? Accuracy,
    double? SourceAccuracy,
    long SizeBytes,
    long SourceSizeBytes,
    double LatencyRatio,
    double Floor);
