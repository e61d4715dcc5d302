using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>The range of every value in a device's message, so that nothing behind the bridge needs to doubt it.</summary>
internal static class UpMessageRules
{
    private const int MostText = 4096;
    private const int MostName = 256;
    private const int MostItems = 256;

    /// <summary>Counts beyond this are no counts; sums of many stay far below overflow.</summary>
    private const long MostCount = 1_000_000_000_000;

    /// <summary>The first rule that the message breaks, in words; null when it keeps all.</summary>
    public static string? Violation(UpMessage message) => message switch
    {
        UpMessage.Registration m => Violation(m.Body),
        UpMessage.Report m => Violation(m.Body),
        UpMessage.Telemetry m => Violation(m.Body),
        UpMessage.Want m => Violation(m.Body),
        _ => null,
    };

    private static string? Violation(DeviceRegistration body) =>
        body.AgentVersion.Length > MostName ? $"agentVersion has more than {MostName} characters"
        : body.Tags.Count > MostItems || body.Tags.Any(t => t.Key.Length > MostName || t.Value is null || t.Value.Length > MostName)
            ? $"tags: at most {MostItems} of at most {MostName} characters"
        : Violation(body.Capabilities);

    private static string? Violation(DeviceCapabilities body) =>
        body.Arch.Length is 0 or > 32 ? "arch has 1 to 32 characters"
        : body.OrtVersion.Length > 64 ? "ortVersion has at most 64 characters"
        : body.Cores is < 1 or > 65_536 ? $"cores is {body.Cores}, between 1 and 65536 is possible"
        : body.MemoryBytes < 0 ? $"memoryBytes is {body.MemoryBytes}"
        : body.DiskFreeBytes < 0 ? $"diskFreeBytes is {body.DiskFreeBytes}"
        : TooMany(body.IsaFlags) || TooMany(body.ExecutionProviders) || TooMany(body.Precisions)
            ? $"isaFlags, executionProviders and precisions: at most {MostItems} of at most {MostName} characters"
        : null;

    private static string? Violation(ReportedState body) =>
        body.Sequence < 1 ? $"sequence is {body.Sequence}, it starts at 1"
        : body.Generation < 0 ? $"generation is {body.Generation}"
        : !Enum.IsDefined(body.Phase) ? $"there is no phase {(int)body.Phase}"
        : !Enum.IsDefined(body.Failure) ? $"there is no failure {(int)body.Failure}"
        : body.BytesReceived < 0 ? $"bytesReceived is {body.BytesReceived}"
        : body.Message is { Length: > MostText } ? $"message has more than {MostText} characters"
        : body.Proof is { Agreement: < 0 or > 1 or double.NaN } ? $"agreement is {body.Proof.Agreement}, a share is in [0, 1]"
        : body.Proof is { ComparedInputs: < 0 } ? $"comparedInputs is {body.Proof.ComparedInputs}"
        : null;

    private static string? Violation(TelemetryBatch body) =>
        body.Sequence < 1 ? $"sequence is {body.Sequence}, it starts at 1"
        : body.To < body.From ? "the period ends before it starts"
        : NoCount(body.Inferences) || NoCount(body.Errors) || NoCount(body.Labelled) || NoCount(body.Correct)
            ? "inferences, errors, labelled and correct are counts"
        : body.Correct > body.Labelled ? $"{body.Correct} of {body.Labelled} labelled answers can't be correct"
        : body.Labelled > body.Inferences ? $"{body.Labelled} of {body.Inferences} answers can't be labelled"
        : body.Latency.Counts.Count > LatencyHistogram.BucketCount ? $"latency has more than {LatencyHistogram.BucketCount} buckets"
        : body.Latency.Counts.Any(NoCount) ? "latency has a bucket that is no count"
        : !(body.Latency.SumMs >= 0 && body.Latency.SumMs < double.PositiveInfinity) ? $"latency sums to {body.Latency.SumMs} ms"
        : null;

    private static string? Violation(ChunkRequest body) =>
        body.ChunkBytes is < BlobLimits.MinChunkBytes or > BlobChunk.MaxChunkBytes
            ? $"chunkBytes is {body.ChunkBytes}, between {BlobLimits.MinChunkBytes} and {BlobChunk.MaxChunkBytes} is possible"
        : body.Offset < 0 ? $"offset is {body.Offset}"
        : body.Missing.Length > BlobLimits.MaxBitmapBytes ? $"missing has {body.Missing.Length} bytes, at most {BlobLimits.MaxBitmapBytes} are taken"
        : null;

    private static bool NoCount(long value) => value is < 0 or > MostCount;

    private static bool TooMany(IReadOnlyList<string> list) => list.Count > MostItems || list.Any(t => t is null || t.Length > MostName);
}
