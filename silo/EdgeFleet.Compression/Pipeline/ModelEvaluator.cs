using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>A model measured on labelled samples.</summary>
/// <param name="Samples">Samples run.</param>
/// <param name="Accuracy">Share in [0, 1] that it gets right.</param>
/// <param name="SizeBytes">Of the model.</param>
/// <param name="LatencyMs">Median, one thread, one sample at a time.</param>
/// <param name="Versus">The other model on the same samples, runs interleaved; null where none was given.</param>
public sealed record Evaluation(int Samples, double Accuracy, long SizeBytes, double LatencyMs, EvaluationVersus? Versus);

/// <summary>The model that was measured beside.</summary>
/// <param name="Accuracy">Its share of right answers.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="LatencyMs">Its median latency.</param>
/// <param name="Top1Agreement">Share of samples on which both agree.</param>
/// <param name="SizeRatio">The first model's size over its.</param>
/// <param name="LatencyRatio">The first model's latency over its.</param>
public sealed record EvaluationVersus(double Accuracy, long SizeBytes, double LatencyMs, double Top1Agreement, double SizeRatio, double LatencyRatio);

/// <summary>Measures models on labelled samples, each by itself or one beside another.</summary>
public sealed class ModelEvaluator(IModelRunner runner, TimeProvider time)
{
    /// <param name="model">ONNX bytes.</param>
    /// <param name="versus">Another model with the same inputs; null measures the first alone.</param>
    /// <param name="samples">Labelled samples.</param>
    /// <param name="labels">One class each.</param>
    /// <param name="latencyRuns">Timed runs of each model, at least 1.</param>
    /// <param name="cancellationToken">Ends it between runs.</param>
    /// <exception cref="CompressionInputException">The samples do not fit the model, or the labels not the samples.</exception>
    /// <exception cref="ModelRunException">A model cannot be loaded or run.</exception>
    public Evaluation Evaluate(
        ReadOnlyMemory<byte> model, ReadOnlyMemory<byte>? versus, SampleSet samples, IReadOnlyList<int> labels, int latencyRuns, CancellationToken cancellationToken)
    {
        if (labels.Count != samples.Count)
        {
            throw new CalibrationDataException($"{labels.Count} labels were given for {samples.Count} samples of {samples.Source}.", samples.Source);
        }

        var options = new ModelSessionOptions { Threads = Environment.ProcessorCount };
        using var first = runner.Load(model, options);
        using var second = runner.Load(versus ?? model, options);
        var feed = SampleFeed.Create(first.Inputs, [samples], int.MaxValue);
        BatchProbe.Check(first, feed);
        var all = labels.ToArray();
        var comparison = new OutputComparison();
        foreach (var (start, count) in feed.Batches())
        {
            var inputs = feed.Batch(start, count);
            var outputs = first.Run(inputs, [], cancellationToken);
            comparison.Add(versus is null ? outputs : second.Run(inputs, [], cancellationToken), outputs, count, all.AsSpan(start, count));
        }

        var latency = new LatencyMeter(runner, time).Interleaved(model, versus ?? model, feed, Math.Max(1, latencyRuns), cancellationToken);
        return new Evaluation(
            comparison.Samples,
            comparison.Accuracy ?? 0,
            model.Length,
            latency.FirstMs,
            versus is not { } other ? null : new EvaluationVersus(
                comparison.SourceAccuracy ?? 0,
                other.Length,
                latency.SecondMs,
                comparison.Top1Agreement,
                (double)model.Length / other.Length,
                latency.FirstMs / latency.SecondMs));
    }
}
