using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Executes a variant beside its original.</summary>
internal sealed class QualityMeter(IModelRunner runner, TimeProvider time)
{
    public QualityMeasurement Measure(CompressionRequest request, byte[] variant, SampleFeed feed, CancellationToken cancellationToken)
    {
        var comparison = Compare(request, variant, feed, cancellationToken);
        var latency = new LatencyMeter(runner, time).Interleaved(variant, request.Model, feed, request.LatencyRuns, cancellationToken);
        return new QualityMeasurement(
            comparison.Samples,
            feed.Synthetic,
            comparison.IsFinite ? comparison.Top1Agreement : 0,
            comparison.IsFinite ? comparison.Cosine : 0,
            comparison.MaxAbsError,
            comparison.Accuracy,
            comparison.SourceAccuracy,
            variant.Length,
            request.Model.Length,
            latency.FirstMs,
            latency.SecondMs,
            request.Floor ?? CompressionKinds.DefaultFloor(request.Recipe.Kind));
    }

    private OutputComparison Compare(CompressionRequest request, byte[] variant, SampleFeed feed, CancellationToken cancellationToken)
    {
        var options = new ModelSessionOptions { Threads = Environment.ProcessorCount };
        using var source = runner.Load(request.Model, options);
        using var made = runner.Load(variant, options);
        var labels = request.Labels is { } given && !feed.Synthetic ? given.ToArray() : [];
        var comparison = new OutputComparison();
        foreach (var (start, count) in feed.Batches())
        {
            var inputs = feed.Batch(start, count);
            comparison.Add(
                source.Run(inputs, [], cancellationToken),
                made.Run(inputs, [], cancellationToken),
                count,
                labels.Length > 0 ? labels.AsSpan(start, count) : default);
        }

        return comparison;
    }
}
