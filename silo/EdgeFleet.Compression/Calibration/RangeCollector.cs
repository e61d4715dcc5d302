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
/// so that only two numbers per value and batch come out, whatever the size of the activations.
/// </summary>
internal static class RangeCollector
{
    /// <exception cref="CalibrationDataException">A value became NaN or infinite on the samples; names it.</exception>
    public static Dictionary<string, ValueRange> Collect(
        ModelGraph graph, IReadOnlyList<string> values, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        if (values.Count == 0)
        {
            return [];
        }

        var reductions = new List<OnnxNode>(values.Count * 2);
        for (var i = 0; i < values.Count; i++)
        {
            reductions.Add(Reduce("ReduceMin", values[i], $"edgefleet.range.min.{i}"));
            reductions.Add(Reduce("ReduceMax", values[i], $"edgefleet.range.max.{i}"));
        }

        var names = reductions.ConvertAll(r => r.Outputs[0]);
        using var session = runner.Load(WithOutputs.Bytes(graph, names, reductions), new ModelSessionOptions { Threads = Environment.ProcessorCount });
        var ranges = new Dictionary<string, ValueRange>();
        foreach (var (start, count) in feed.Batches())
        {
            var extremes = session.Run(feed.Batch(start, count), names, cancellationToken);
            for (var i = 0; i < values.Count; i++)
            {
                var range = new ValueRange(extremes[2 * i].Floats[0], extremes[(2 * i) + 1].Floats[0]);
                if (!float.IsFinite(range.Min) || !float.IsFinite(range.Max))
                {
                    throw new CalibrationDataException($"Value '{values[i]}' reaches {range.Min} to {range.Max} on samples {start} to {start + count - 1}: it cannot be quantized.", values[i]);
                }

                ranges[values[i]] = ranges.TryGetValue(values[i], out var seen) ? seen.Or(range) : range;
            }
        }

        return ranges;
    }

    private static OnnxNode Reduce(string type, string value, string output) => new()
    {
        OpType = type,
        Inputs = [value],
        Outputs = [output],
        Attributes = [OnnxAttribute.Of("keepdims", 0)],
    };
}
