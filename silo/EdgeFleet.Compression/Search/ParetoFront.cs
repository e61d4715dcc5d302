using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>Which measurements no other one beats in everything.</summary>
public static class ParetoFront
{
    /// <summary>
    /// True where <paramref name="a"/> is at least as good as <paramref name="b"/> in size, points lost and latency, and better in one.
    /// What was not measured dominates nothing.
    /// </summary>
    public static bool Dominates(QualityMeasurement a, QualityMeasurement b) =>
        IsMeasured(a) && a.SizeBytes <= b.SizeBytes && a.PointsLost <= b.PointsLost && a.LatencyRatio <= b.LatencyRatio
        && (a.SizeBytes < b.SizeBytes || a.PointsLost < b.PointsLost || a.LatencyRatio < b.LatencyRatio);

    /// <summary>For each measurement, whether it is on the front; those that are missing are not.</summary>
    public static IReadOnlyList<bool> Of(IReadOnlyList<QualityMeasurement?> measurements) =>
        [.. measurements.Select(m => m is not null && IsMeasured(m) && !measurements.Any(o => o is not null && Dominates(o, m)))];

    internal static bool IsMeasured(QualityMeasurement quality) =>
        quality.LatencyMs > 0 && quality.SourceLatencyMs > 0 && double.IsFinite(quality.PointsLost) && quality.Samples > 0;
}
