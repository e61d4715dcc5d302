using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Tests.Grains;

/// <summary>Plain examples of wire records; tests change what they are about.</summary>
internal static class Some
{
    public static readonly Guid Incarnation = new("11111111-2222-3333-4444-555555555555");

    public static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static DeviceCapabilities Device(string isa = "avx2", long memoryMb = 4096, string arch = "x64", string precisions = "", long diskMb = 10_000) => new(
        arch,
        isa.Split(',', StringSplitOptions.RemoveEmptyEntries),
        4,
        memoryMb << 20,
        diskMb << 20,
        "1.30.0",
        ["CPUExecutionProvider"],
        precisions.Split(',', StringSplitOptions.RemoveEmptyEntries));

    public static Sha256Digest Digest(string text) => Sha256Digest.Of(System.Text.Encoding.UTF8.GetBytes(text));

    public static ArtifactRef Artifact(string text, long size = 1000) => new(Digest(text), size);

    public static ModelManifest Model(string id = "resnet20:1", long size = 4_340_598, bool calibrated = true, params string[] operators) => new(
        ModelId.Parse(id),
        Artifact(id, size),
        calibrated ? Artifact(id + "/calibration") : null,
        null,
        new InputScaling(),
        [new TensorSpec("input", "float32", [-1, 1, 28, 28])],
        [new TensorSpec("logits", "float32", [-1, 10])],
        13,
        1_084_010,
        (operators.Length == 0 ? ["Conv", "Gemm"] : operators).ToDictionary(o => o, _ => 1),
        At);

    public static DeviceRegistration Registration(string id, DeviceCapabilities? capabilities = null, Guid? incarnation = null) => new(
        DeviceId.Parse(id), incarnation ?? Incarnation, "0.1.0", capabilities ?? Device(), new Dictionary<string, string>(), At);

    public static TelemetryBatch Telemetry(string id, long sequence, string variant = "variant", long inferences = 10, long correct = 9) => new(
        DeviceId.Parse(id), Incarnation, sequence, At, At.AddSeconds(5), Digest(variant), ModelId.Parse("resnet20:1"), CompressionProfile.Int8,
        inferences, 0, inferences, correct, new LatencyHistogram([0, inferences], inferences * 0.001));

    public static ReportedState Reported(string id, long sequence, long generation, InstallPhase phase, InstallFailure failure = InstallFailure.None) => new(
        DeviceId.Parse(id), Incarnation, sequence, generation, phase, Digest("variant"), null, null, null, failure, null, 0, null, At);
}
