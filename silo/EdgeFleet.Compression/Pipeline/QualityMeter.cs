using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>
/// Executes variants beside their original. What the original gives is computed once and kept, up to a bound; beyond it the original
/// runs again beside each variant.
/// </summary>
/// <param name="runner">The runtime.</param>
/// <param name="time">Clock of latencies.</param>
/// <param name="source">The original.</param>
/// <param name="feed">Samples to compare on.</param>
/// <param name="labels">Class of each sample; null where unknown.</param>
internal sealed class QualityMeter(IModelRunner runner, TimeProvider time, ReadOnlyMemory<byte> source, SampleFeed feed, IReadOnlyList<int>? labels)
{
    private const long MostKeptBytes = 64 << 20;

    private readonly int[] _labels = labels is null || feed.Synthetic ? [] : [.. labels];
    private List<IReadOnlyList<ModelTensor>>? _kept;

    /// <param name="variant">Its bytes.</param>
    /// <param name="floor">Least top-1 agreement asked for.</param>
    /// <param name="latencyRuns">Interleaved timed runs of each; 0 measures no latency.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    public QualityMeasurement Measure(byte[] variant, double floor, int latencyRuns, CancellationToken cancellationToken)
    {
        var comparison = Compare(variant, cancellationToken);
        var latency = Latency(variant, latencyRuns, cancellationToken);
        return new QualityMeasurement(
            comparison.Samples,
            feed.Synthetic,
            comparison.IsFinite ? comparison.Top1Agreement : 0,
            comparison.IsFinite ? comparison.Cosine : 0,
            comparison.MaxAbsError,
            comparison.Accuracy,
            comparison.SourceAccuracy,
            variant.Length,
            source.Length,
            latency.FirstMs,
            latency.SecondMs,
            floor);
    }

    /// <summary>Medians of variant and original in milliseconds, one thread, batch 1, runs interleaved.</summary>
    public (double FirstMs, double SecondMs) Latency(byte[] variant, int runs, CancellationToken cancellationToken) =>
        new LatencyMeter(runner, time).Interleaved(variant, source, feed, runs, cancellationToken);

    /// <summary>True where two sessions of the variant give the same bytes for the first samples.</summary>
    public bool IsReproduced(byte[] variant, CancellationToken cancellationToken)
    {
        var inputs = feed.Batch(0, Math.Min(feed.BatchSize, feed.Count));
        return Outputs(variant, inputs, cancellationToken).Zip(Outputs(variant, inputs, cancellationToken))
            .All(pair => pair.First.Data.Span.SequenceEqual(pair.Second.Data.Span));
    }

    private IReadOnlyList<ModelTensor> Outputs(byte[] variant, IReadOnlyList<ModelTensor> inputs, CancellationToken cancellationToken)
    {
        using var session = runner.Load(variant, new ModelSessionOptions());
        return session.Run(inputs, [], cancellationToken);
    }

    private OutputComparison Compare(byte[] variant, CancellationToken cancellationToken)
    {
        var options = new ModelSessionOptions { Threads = Environment.ProcessorCount };
        using var original = _kept is null ? runner.Load(source, options) : null;
        using var made = runner.Load(variant, options);
        var comparison = new OutputComparison();
        var kept = new List<IReadOnlyList<ModelTensor>>();
        var bytes = 0L;
        var batch = 0;
        foreach (var (start, count) in feed.Batches())
        {
            var inputs = feed.Batch(start, count);
            var expected = _kept is { } known ? known[batch++] : original!.Run(inputs, [], cancellationToken);
            bytes += expected.Sum(t => (long)t.Data.Length);
            if (bytes <= MostKeptBytes)
            {
                kept.Add(expected);
            }

            comparison.Add(expected, made.Run(inputs, [], cancellationToken), count, _labels.Length > 0 ? _labels.AsSpan(start, count) : default);
        }

        _kept = bytes <= MostKeptBytes ? kept : null;
        return comparison;
    }
}
