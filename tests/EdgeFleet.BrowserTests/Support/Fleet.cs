using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.BrowserTests.Support;

/// <summary>Things of a fleet as its grains would tell them.</summary>
internal static class Fleet
{
    public static readonly ModelId Model = ModelId.Of("resnet20-fashion", "1");

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static DeviceView Device(
        string id, CompressionProfile profile, string reason, InstallPhase phase = InstallPhase.Proved, long inferences = 2000, bool online = true, DateTimeOffset? seen = null)
    {
        var capabilities = new DeviceCapabilities(
            "x64", id.StartsWith("legacy", StringComparison.Ordinal) ? [] : ["avx2"], 2, 64L << 20, 1L << 30, "1.30.0", ["CPUExecutionProvider"],
            profile == CompressionProfile.Fp32 ? ["fp32"] : []);
        var variant = Digest(profile.Value);
        var reported = new ReportedState(
            new DeviceId(id), Guid.Empty, 7, 1, phase, variant, Model, profile, null, phase == InstallPhase.Failed ? InstallFailure.Disagreement : InstallFailure.None,
            phase == InstallPhase.Failed ? "agrees with the serving variant on 11 % of 256 recent inputs; the floor is 90 %" : null, 1_140_000, null, Noon);
        var latency = inferences == 0 ? LatencyHistogram.Empty : Enumerable.Range(0, 40).Aggregate(LatencyHistogram.Empty, (h, i) => h.Add(One(1.5 + (i * 0.05))));
        return new DeviceView(
            new DeviceId(id), capabilities, new Dictionary<string, string> { ["site"] = "hall-3" }, "0.1.0", online, seen ?? Noon, null, reported, reason,
            [new VariantTotals(variant, Model, profile, inferences, 0, inferences, (long)(inferences * 0.9241), latency)], 12, 0);
    }

    public static ModelView ModelView() => new(
        new ModelManifest(
            Model, new ArtifactRef(Digest("source"), 4_340_598), new ArtifactRef(Digest("calibration"), 220_528), null, new InputScaling(),
            [new TensorSpec("input", "float32", [-1, 1, 28, 28])], [new TensorSpec("logits", "float32", [-1, 10])], 17, 1_084_010,
            new Dictionary<string, int> { ["Conv"] = 21 }, Noon),
        [
            Variant(CompressionProfile.Fp32, 4_330_000, 1.0, 0.98),
            Variant(CompressionProfile.Int8Reduced, 1_150_000, 0.992, 0.69),
            new VariantInfo(Digest("source"), CompressionProfile.Fp16, VariantStatus.Producing, null, null, null, null, null),
        ]);

    public static RolloutInfo Rollout(RolloutStatus status, int provedInRest, params string[] story) => new(
        new RolloutId("r-1"), new RolloutSpec(Model), status, null, provedInRest >= 0 ? 1 : 0,
        [
            new WaveInfo(0, 1, provedInRest >= 0 ? 1 : 0, 0, provedInRest >= 0 ? 0 : 1, 0),
            new WaveInfo(1, 2, Math.Max(0, provedInRest), 0, provedInRest is >= 0 and < 2 ? 2 - provedInRest : 0, provedInRest < 0 ? 2 : 0),
        ],
        [
            Execution("camera-1", 0, provedInRest >= 0 ? ExecutionStatus.Succeeded : ExecutionStatus.InProgress, CompressionProfile.Int8Reduced, "int8-reduced: AVX2 without VNNI; 64 MB limit excludes fp32"),
            Execution("gateway-1", 1, provedInRest > 0 ? ExecutionStatus.Succeeded : provedInRest == 0 ? ExecutionStatus.InProgress : ExecutionStatus.Queued, CompressionProfile.Int8, "int8: VNNI"),
            Execution("legacy-1", 1, provedInRest > 1 ? ExecutionStatus.Succeeded : provedInRest >= 0 ? ExecutionStatus.InProgress : ExecutionStatus.Queued, CompressionProfile.Fp32, "fp32: the only precision that it may run"),
        ],
        [.. story.Select((text, i) => new RolloutEvent(Noon.AddSeconds(i), text))], Noon, status == RolloutStatus.Succeeded ? Noon.AddSeconds(20) : null);

    private static ExecutionInfo Execution(string device, int wave, ExecutionStatus status, CompressionProfile profile, string reason) =>
        new(new DeviceId(device), wave, status, profile, reason, 1, null);

    private static VariantInfo Variant(CompressionProfile profile, long bytes, double agreement, double ratio) => new(
        Digest("source"), profile, VariantStatus.Ready, new ArtifactRef(Digest(profile.Value), bytes), null,
        new QualityReport(512, agreement, 0.9991, 0.12, 0.93, 0.932, bytes, 4_340_598, ratio, 0.97), null, Noon);

    private static LatencyHistogram One(double milliseconds)
    {
        var counts = new long[LatencyHistogram.BucketOf(milliseconds) + 1];
        counts[^1] = 1;
        return new LatencyHistogram(counts, milliseconds);
    }

    private static Sha256Digest Digest(string text) => Sha256Digest.Of(System.Text.Encoding.UTF8.GetBytes(text));
}
