using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Tests.Silo;

/// <summary>Wire records with plain values, for tests that change one thing.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly Guid Incarnation = new("5f9a0d5c-7f43-4f5c-9d2e-8f6f5a1f0c11");
    public static readonly DeviceId Cam1 = new("cam-1");
    public static readonly ModelId Lenet = new("lenet:1");

    public static DeviceCapabilities Capabilities { get; } = new("x64", ["avx2"], 4, 1L << 30, 1L << 33, "1.30.0", ["CPUExecutionProvider"], []);

    public static DeviceRegistration Registration { get; } =
        new(Cam1, Incarnation, "0.1.0", Capabilities, new Dictionary<string, string> { ["site"] = "north" }, Noon);

    public static ReportedState Report { get; } =
        new(Cam1, Incarnation, 1, 1, InstallPhase.Downloading, null, null, null, null, InstallFailure.None, null, 0, null, Noon);

    public static TelemetryBatch Batch { get; } = new(
        Cam1, Incarnation, 1, Noon, Noon.AddSeconds(1), Sha256Digest.Of([1]), Lenet, CompressionProfile.Int8Reduced, 10, 1, 8, 7, Histogram(1.5, 10));

    public static DeviceView Device(string id, bool online = true) =>
        new(new DeviceId(id), Capabilities, new Dictionary<string, string>(), "0.1.0", online, Noon, null, null, null, [], 0, 0);

    public static VariantTotals Totals { get; } =
        new(Batch.Variant, Lenet, CompressionProfile.Int8Reduced, 10, 1, 8, 7, Histogram(1.5, 10));

    public static ModelView Model(string id) => new(
        new ModelManifest(
            ModelId.Parse(id), new ArtifactRef(Sha256Digest.Of([2]), 1), null, null, new InputScaling(), [], [], 13, 0, new Dictionary<string, int>(), Noon),
        []);

    public static RolloutInfo Rollout(string id, RolloutStatus status = RolloutStatus.Running) =>
        new(new RolloutId(id), new RolloutSpec(Lenet), status, null, 0, [], [], [], Noon, null);

    private static LatencyHistogram Histogram(double milliseconds, long count)
    {
        var counts = new long[LatencyHistogram.BucketOf(milliseconds) + 1];
        counts[^1] = count;
        return new LatencyHistogram(counts, milliseconds * count);
    }
}
