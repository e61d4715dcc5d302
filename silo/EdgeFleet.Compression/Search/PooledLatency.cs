using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>
/// Measurements in which candidates that do the same work share one latency, the median of all that were taken of them: what differs
/// between them is the machine's noise, and noise must not choose. Pure.
/// </summary>
public static class PooledLatency
{
    /// <param name="measured">In the order of trial; null where nothing was measured.</param>
    /// <param name="work">The work of each: <see cref="StudyCandidate.Work"/>; null is like no other.</param>
    /// <returns>As many, in the same order.</returns>
    public static IReadOnlyList<QualityMeasurement?> Of(IReadOnlyList<QualityMeasurement?> measured, IReadOnlyList<string?> work)
    {
        var pooled = measured.ToArray();
        foreach (var same in Enumerable.Range(0, measured.Count).Where(i => work[i] is not null && measured[i] is { LatencyMs: > 0, SourceLatencyMs: > 0 }).GroupBy(i => work[i]))
        {
            var ratios = same.Select(i => measured[i]!.LatencyRatio).Order().ToList();
            var median = (ratios[(ratios.Count - 1) / 2] + ratios[ratios.Count / 2]) / 2;
            foreach (var i in same)
            {
                pooled[i] = measured[i]! with { LatencyMs = measured[i]!.SourceLatencyMs * median };
            }
        }

        return pooled;
    }
}
