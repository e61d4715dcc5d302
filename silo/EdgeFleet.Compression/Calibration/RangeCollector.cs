using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Smallest and largest value seen.</summary>
internal readonly record struct ValueRange(float Min, float Max)
{
    public ValueRange Or(ValueRange other) => new(Math.Min(Min, other.Min), Math.Max(Max, other.Max));
}

/// <summary>
/// Runs a float model over the samples and notes the range of chosen values. The runtime reduces each value to its extremes,
/// so that only a few numbers per value and batch come out, whatever the size of the activations.
/// </summary>
internal static class RangeCollector
{
    /// <exception cref="CalibrationDataException">A value became NaN or infinite on the samples; names it.</exception>
    public static Dictionary<string, ValueRange> Collect(
        ModelGraph graph, IReadOnlyList<string> values, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken, CalibrationSettings? settings = null)
    {
        if (values.Count == 0)
        {
            return [];
        }

        try
        {
            return Reduced(graph, values, feed, runner, settings ?? new(), cancellationToken);
        }
        catch (ModelRunException)
        {
            // Some runtimes refuse to reduce a tensor without elements; histograms simply count none.
            var histograms = new HistogramCollector(graph, feed, runner, settings ?? new()).Collect(values, cancellationToken);
            return values.Zip(histograms).ToDictionary(v => v.First, v => v.Second.ToDistribution().Range);
        }
    }

    private static Dictionary<string, ValueRange> Reduced(
        ModelGraph graph, IReadOnlyList<string> values, SampleFeed feed, IModelRunner runner, CalibrationSettings settings, CancellationToken cancellationToken)
    {
        // The sum is there for NaN, which the runtime's extremes may step over.
        var reductions = new List<OnnxNode>(values.Count * 3);
        for (var i = 0; i < values.Count; i++)
        {
            reductions.Add(Reduce("ReduceMin", values[i], $"edgefleet.range.min.{i}"));
            reductions.Add(Reduce("ReduceMax", values[i], $"edgefleet.range.max.{i}"));
            reductions.Add(Reduce("ReduceSum", values[i], $"edgefleet.range.sum.{i}"));
        }

        var names = reductions.ConvertAll(r => r.Outputs[0]);
        using var session = WithOutputs.Load(runner, graph, names, reductions);
        var ranges = new Dictionary<string, ValueRange>(values.Count);
        foreach (var (start, count) in feed.Batches(RunSize.Of(graph, feed)))
        {
            var extremes = session.Run(feed.Batch(start, count), names, cancellationToken);
            for (var i = 0; i < values.Count; i++)
            {
                var range = new ValueRange(extremes[3 * i].Floats[0], extremes[(3 * i) + 1].Floats[0]);
                if (range.Min > range.Max)
                {
                    ranges.TryAdd(values[i], default);
                    continue; // without elements
                }

                if (!float.IsFinite(extremes[(3 * i) + 2].Floats[0]) || !float.IsFinite(range.Min) || !float.IsFinite(range.Max))
                {
                    LookFor(graph, values[i], feed, start, count, runner, cancellationToken);
                }

                ranges[values[i]] = ranges.TryGetValue(values[i], out var seen) ? seen.Or(range) : range;
            }

            settings.Progress?.Invoke((double)(start + count) / feed.Count);
        }

        return ranges;
    }

    /// <summary>Says what is not finite. A sum alone may overflow: then all is well.</summary>
    private static void LookFor(
        ModelGraph graph, string value, SampleFeed feed, int start, int count, IModelRunner runner, CancellationToken cancellationToken)
    {
        using var session = runner.Load(WithOutputs.Bytes(graph, [value]), new ModelSessionOptions());
        var activation = session.Run(feed.Batch(start, count), [value], cancellationToken)[0].Floats;
        if (!new ValueHistogram().Add(activation))
        {
            throw NotFinite(graph, value, activation, start, count);
        }
    }

    public static CalibrationDataException NotFinite(ModelGraph graph, string value, ReadOnlySpan<float> activation, int start, int count)
    {
        var bad = 0;
        while (bad < activation.Length && float.IsFinite(activation[bad]))
        {
            bad++;
        }

        var what = bad == activation.Length || float.IsNaN(activation[bad]) ? "NaN" : "infinite";
        var producer = graph.Producer(value) is { } node ? $", the result of {node.Label}," : "";
        var samples = count == 1 ? $"sample {start}" : $"samples {start} to {start + count - 1}";
        return new($"Value '{value}'{producer} becomes {what} on {samples}: it cannot be quantized. Keep its node float, or look for samples that are not what the model expects.", value);
    }

    private static OnnxNode Reduce(string type, string value, string output) => new()
    {
        OpType = type,
        Inputs = [value],
        Outputs = [output],
        Attributes = [OnnxAttribute.Of("keepdims", 0)],
    };
}
