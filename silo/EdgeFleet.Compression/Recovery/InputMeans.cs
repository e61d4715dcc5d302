using System.Numerics.Tensors;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>Means over samples of what layers of a QDQ model read, element by element: one sample's size each, however many samples.</summary>
internal static class InputMeans
{
    private const long MostBytes = 64 << 20;

    /// <param name="graph">The QDQ model; not changed.</param>
    /// <param name="values">Outputs of DequantizeLinear nodes.</param>
    /// <param name="feed">Samples.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    /// <returns>A batch of one for each value; values that do not go by batch, or whose shape differs between samples, are missing.</returns>
    public static Dictionary<string, ModelTensor> Collect(
        ModelGraph graph, IEnumerable<string> values, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var means = new Dictionary<string, ModelTensor>();
        var readers = new List<OnnxNode>();
        var names = new List<string>();
        foreach (var value in values.Distinct().Where(v => graph.Producer(v)?.OpType == "DequantizeLinear"))
        {
            // A dequantizer of its own leaves the runtime free to fuse the layer's.
            names.Add(value);
            readers.Add(new OnnxNode { OpType = "DequantizeLinear", Inputs = [.. graph.Producer(value)!.Inputs], Outputs = [$"edgefleet.mean.{readers.Count}"] });
        }

        var outputs = readers.ConvertAll(r => r.Outputs[0]);
        using var session = WithOutputs.Load(runner, graph, outputs, readers);
        var sizes = session.Outputs.ToDictionary(o => o.Name, o => o.Dimensions.Skip(1).Aggregate(4L, (p, d) => p * Math.Clamp(d, 1, 1 << 12)));
        foreach (var group in SampleRuns.Groups(Enumerable.Range(0, names.Count), i => sizes[outputs[i]] * feed.BatchSize, MostBytes))
        {
            Collect(session, feed, [.. group.Select(i => outputs[i])], [.. group.Select(i => names[i])], means, cancellationToken);
        }

        return means;
    }

    private static void Collect(
        IModelSession session, SampleFeed feed, List<string> outputs, List<string> names, Dictionary<string, ModelTensor> means, CancellationToken cancellationToken)
    {
        var sums = new double[outputs.Count][];
        var shapes = new long[outputs.Count][];
        var samples = 0;
        foreach (var (start, count) in feed.Batches())
        {
            var tensors = session.Run(feed.Batch(start, count), outputs, cancellationToken);
            for (var i = 0; i < outputs.Count; i++)
            {
                Add(tensors[i], count, ref sums[i], ref shapes[i]);
            }

            samples += count;
        }

        for (var i = 0; i < outputs.Count; i++)
        {
            if (shapes[i] is { Length: > 0 } shape)
            {
                means[names[i]] = ModelTensor.OfFloats("x", [1, .. shape], Array.ConvertAll(sums[i], s => (float)(s / samples)));
            }
        }
    }

    /// <summary>Adds a batch; a shape that does not fit the first one's empties both for good.</summary>
    private static void Add(ModelTensor tensor, int count, ref double[] sum, ref long[] shape)
    {
        if (shape is null)
        {
            var length = tensor.Dimensions.Count > 1 && tensor.Dimensions[0] == count ? tensor.Count / count : 0;
            (sum, shape) = (new double[length], length > 0 ? [.. tensor.Dimensions.Skip(1)] : []);
        }

        if (shape.Length == 0 || tensor.Dimensions[0] != count || !tensor.Dimensions.Skip(1).SequenceEqual(shape))
        {
            (sum, shape) = ([], []);
            return;
        }

        var values = tensor.Floats;
        for (var i = 0; i < values.Length; i++)
        {
            sum[i % sum.Length] += values[i];
        }
    }
}
