using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Runs a float model over the samples and sums X^T X of the inputs of chosen layers. The runtime multiplies each batch itself, so
/// that only the matrices come out, whatever the size of the activations; batches are summed in double. Layers whose matrices do not
/// fit into the budget together are taken in groups, with one run over the samples each, and a group is dropped when the next begins.
/// </summary>
internal static class GramCollector
{
    /// <summary>Bytes of matrices held at once, unless a single layer needs more.</summary>
    public const long DefaultBudgetBytes = 256L << 20;

    /// <summary>True for MatMul and Gemm with a constant float matrix as second input, and Conv with constant float weights.</summary>
    public static bool IsCollectable(ModelGraph graph, OnnxNode node) => LayerInputs.Of(graph, node) is not null;

    /// <param name="graph">Left as it is.</param>
    /// <param name="layers">Nodes for which <see cref="IsCollectable"/> holds; others are passed over.</param>
    /// <param name="feed">Calibration samples.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="budgetBytes">See <see cref="DefaultBudgetBytes"/>.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>In the order of <paramref name="layers"/>; made while it is walked through.</returns>
    /// <exception cref="CalibrationDataException">An input became NaN or infinite on the samples; names the layer.</exception>
    public static IEnumerable<LayerGram> Collect(
        ModelGraph graph, IEnumerable<OnnxNode> layers, SampleFeed feed, IModelRunner runner, long budgetBytes, CancellationToken cancellationToken)
    {
        var group = new List<LayerInputs>();
        var bytes = 0L;
        foreach (var inputs in layers.Select(l => LayerInputs.Of(graph, l)).OfType<LayerInputs>())
        {
            if (group.Count > 0 && bytes + inputs.MatrixBytes > budgetBytes)
            {
                foreach (var gram in Run(graph, group, feed, runner, cancellationToken))
                {
                    yield return gram;
                }

                group.Clear();
                bytes = 0;
            }

            group.Add(inputs);
            bytes += inputs.MatrixBytes;
        }

        foreach (var gram in group.Count > 0 ? Run(graph, group, feed, runner, cancellationToken) : [])
        {
            yield return gram;
        }
    }

    private static LayerGram[] Run(ModelGraph graph, List<LayerInputs> group, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var nodes = new List<OnnxNode>();
        var names = new List<string>();
        for (var i = 0; i < group.Count; i++)
        {
            var (gram, rows) = group[i].Multiply(nodes, $"edgefleet.gram.{i}");
            names.AddRange([gram, rows]);
        }

        using var session = WithOutputs.Load(runner, graph, names, nodes);
        var sums = group.ConvertAll(l => new double[checked((int)(l.MatrixBytes / LayerInputs.BytesPerElement))]);
        var counts = new long[group.Count];
        foreach (var (start, count) in feed.Batches())
        {
            var outputs = session.Run(feed.Batch(start, count), names, cancellationToken);
            for (var i = 0; i < group.Count; i++)
            {
                Add(sums[i], outputs[2 * i].Floats, group[i].Layer, start, count);
                counts[i] += MemoryMarshal.Cast<byte, long>(outputs[(2 * i) + 1].Data.Span)[^1];
            }
        }

        return [.. group.Select((l, i) => new LayerGram(l.Layer, l.Groups, l.Columns, counts[i], sums[i]))];
    }

    private static void Add(double[] sum, ReadOnlySpan<float> batch, OnnxNode layer, int start, int count)
    {
        if (!float.IsFinite(TensorPrimitives.MaxMagnitude(batch)))
        {
            throw new CalibrationDataException(
                $"Inputs of {layer.Label} become NaN or too large on samples {start} to {start + count - 1}: its weights cannot be fitted to them.", layer.Label);
        }

        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += batch[i];
        }
    }
}
