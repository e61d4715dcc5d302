using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>A value whose channels are looked at.</summary>
/// <param name="Value">Its name.</param>
/// <param name="Rank">Its number of dimensions.</param>
/// <param name="Axis">The axis along which its channels lie.</param>
internal readonly record struct ChannelValue(string Value, int Rank, int Axis);

/// <summary>Runs a float model over the samples and notes each channel's largest magnitude; the runtime reduces, so only those come out.</summary>
internal static class ChannelMagnitudes
{
    private const int AxesAreInput = 18;

    /// <exception cref="CalibrationDataException">A value became NaN or infinite on the samples; names it.</exception>
    public static Dictionary<string, float[]> Collect(
        ModelGraph graph, IReadOnlyList<ChannelValue> values, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var largest = new Dictionary<string, float[]>();
        if (values.Count == 0)
        {
            return largest;
        }

        // The constants with axes go into a copy of the model.
        var copy = new ModelGraph(OnnxModel.Read(graph.Model.ToArray()));
        var nodes = new List<OnnxNode>();
        var names = new List<string>();
        foreach (var value in values)
        {
            names.Add($"edgefleet.channels.{names.Count}");
            nodes.Add(new OnnxNode { OpType = "Abs", Inputs = [value.Value], Outputs = [$"{names[^1]}.abs"] });
            nodes.Add(Reduce(copy, value, $"{names[^1]}.abs", names[^1]));
        }

        using var session = WithOutputs.Load(runner, copy, names, nodes);
        foreach (var (start, count) in feed.Batches())
        {
            var outputs = session.Run(feed.Batch(start, count), names, cancellationToken);
            for (var i = 0; i < values.Count; i++)
            {
                var found = outputs[i].Floats;
                var known = largest.TryGetValue(values[i].Value, out var seen) ? seen : largest[values[i].Value] = new float[found.Length];
                for (var c = 0; c < found.Length; c++)
                {
                    known[c] = float.IsFinite(found[c]) ? Math.Max(known[c], found[c])
                        : throw new CalibrationDataException($"Value '{values[i].Value}' becomes NaN or infinite on samples {start} to {start + count - 1}.", values[i].Value);
                }
            }
        }

        return largest;
    }

    private static OnnxNode Reduce(ModelGraph graph, ChannelValue value, string input, string output)
    {
        var axes = Enumerable.Range(0, value.Rank).Where(a => a != value.Axis).Select(a => (long)a).ToArray();
        var node = new OnnxNode { OpType = "ReduceMax", Inputs = [input], Outputs = [output], Attributes = [OnnxAttribute.Of("keepdims", 0)] };
        if (graph.Opset >= AxesAreInput)
        {
            node.Inputs.Add(graph.AddConstant<long>($"{output}.axes", OnnxElementType.Int64, [axes.Length], axes));
        }
        else
        {
            node.Attributes.Add(OnnxAttribute.Of("axes", axes));
        }

        return node;
    }
}
