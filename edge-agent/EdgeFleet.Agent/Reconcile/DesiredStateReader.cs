using System.Text.Json;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Agent.Reconcile;

/// <summary>What a message on the desired topic turned out to be.</summary>
internal abstract record DesiredReading
{
    private DesiredReading()
    {
    }

    /// <summary>Not a desired state of this device: counted, and nothing else.</summary>
    public sealed record Unusable(string Kind, string Reason) : DesiredReading;

    /// <summary>A desired state of this device which no device can carry out.</summary>
    public sealed record Impossible(DesiredState Desired, string Reason) : DesiredReading;

    public sealed record Usable(DesiredState Desired) : DesiredReading;
}

/// <summary>Reads desired states from a wire that may carry anything.</summary>
internal static class DesiredStateReader
{
    public const int MaxMessageBytes = 256 * 1024;
    public const int MinChunkBytes = 1024;
    public const long MaxArtifactBytes = 4L * 1024 * 1024 * 1024;
    public const long MaxGoldenBytes = 64L * 1024 * 1024;
    public const int MaxRecentInputs = 4096;

    public static DesiredReading Read(ReadOnlySpan<byte> message, DeviceId device)
    {
        if (message.Length > MaxMessageBytes)
        {
            return new DesiredReading.Unusable("too-large", $"a desired state of {message.Length} bytes is over the limit of {MaxMessageBytes}");
        }

        DesiredState? desired;
        try
        {
            desired = JsonSerializer.Deserialize(message, WireJson.Default.DesiredState);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException or ArgumentException or FormatException)
        {
            return new DesiredReading.Unusable("not-json", $"not a desired state: {e.Message}");
        }

        if (desired is null)
        {
            return new DesiredReading.Unusable("not-json", "not a desired state: null");
        }

        if (desired.Device != device)
        {
            return new DesiredReading.Unusable("other-device", $"meant for device {desired.Device}");
        }

        return Problem(desired) is { } problem ? new DesiredReading.Impossible(desired, problem) : new DesiredReading.Usable(desired);
    }

    private static string? Problem(DesiredState d) => d switch
    {
        { ChunkBytes: < MinChunkBytes or > BlobChunk.MaxChunkBytes } => $"chunkBytes {d.ChunkBytes} is not in {MinChunkBytes}..{BlobChunk.MaxChunkBytes}",
        { Variant.SizeBytes: < 1 or > MaxArtifactBytes } => $"variant.sizeBytes {d.Variant.SizeBytes} is not in 1..{MaxArtifactBytes}",
        { Golden.SizeBytes: < 1 or > MaxGoldenBytes } => $"golden.sizeBytes {d.Golden.SizeBytes} is not in 1..{MaxGoldenBytes}",
        { Proof.AgreementFloor: not (>= 0 and <= 1) } => $"proof.agreementFloor {d.Proof.AgreementFloor} is not in [0, 1]",
        { Proof: { RecentInputs: 0, AgreementFloor: > 0 } } => "proof.agreementFloor asks for agreement on 0 recent inputs",
        { Proof.RecentInputs: < 0 or > MaxRecentInputs } => $"proof.recentInputs {d.Proof.RecentInputs} is not in 0..{MaxRecentInputs}",
        { Proof.Soak.Ticks: < 0 or > TimeSpan.TicksPerDay } => $"proof.soak {d.Proof.Soak} is not in 0..1 day",
        { Input.StdDev: 0 or float.NaN } or { Input.Divisor: 0 or float.NaN } => "input.stdDev and input.divisor must not be 0",
        _ => null,
    };
}
