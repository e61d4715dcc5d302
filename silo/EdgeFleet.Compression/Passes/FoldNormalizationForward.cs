using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Conv | Gemm (f * x + s, W, b) -> the same operator on x with W' = W * f per input channel and
/// b' = b + sum over the output's weights of W * s, where f * x + s is a BatchNormalization, x * c, x / c, x + c or x - c.
/// Conditions: c is a float constant, a scalar or one number per channel, that does not add dimensions, and no factor is 0; W and b
/// are constant; Gemm has alpha = beta = 1; nothing else uses the value in between; numbers stay finite; and either all s are 0 or
/// Conv does not pad, since a padded zero is not shifted.
/// Ends a model's input normalisation, and blocks that normalize before the layer.
/// </summary>
internal sealed class FoldNormalizationForward : IGraphPass
{
    public string Name => "fold-normalization-forward";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var layer in graph.Nodes.Where(n => n.Is("Conv", "Gemm")))
        {
            while (Match(graph, layer) is var (before, x, weights, bias))
            {
                ChannelScaling.Replace(graph, layer, weights, bias);
                graph.SetInput(layer, 0, x);
                graph.Remove(before);
                changes++;
            }
        }

        return changes;
    }

    /// <param name="graph">The graph.</param>
    /// <param name="layer">A Conv or Gemm.</param>
    /// <param name="acrossPadding">Shifts fold also where the layer pads, which changes what padding stands for.</param>
    /// <returns>The node before, its input, and the layer's new constants (null: as they are).</returns>
    internal static (OnnxNode Before, string X, float[]? Weights, double[]? Bias)? Match(ModelGraph graph, OnnxNode layer, bool acrossPadding = false)
    {
        if (graph.Producer(layer.Inputs[0]) is not { } before || !graph.HasSingleUse(before.Outputs[0])
            || !graph.TryFloats(layer.Inputs[1], out var weights)
            || (layer.Is("Gemm") && (layer.Float("alpha", 1) != 1 || layer.Float("beta", 1) != 1))
            || ChannelScaling.InputChannels(layer, weights) is not { } inputs
            || ChannelScaling.OutputChannels(layer, weights) is not { } outputs
            || Affine(graph, before, weights.Dimensions.Count, inputs) is not var (x, factors, shifts))
        {
            return null;
        }

        var input = ChannelScaling.InputOf(layer, weights);
        double[]? bias = null;
        if (!Array.TrueForAll(shifts, s => s == 0))
        {
            bias = Pads(layer) && !acrossPadding ? null : ChannelScaling.Bias(graph, layer, outputs);
            if (bias is null)
            {
                return null;
            }

            var values = TensorContent.Floats(weights);
            var output = ChannelScaling.OutputOf(layer, weights);
            for (var i = 0; i < values.Length; i++)
            {
                bias[output(i)] += values[i] * shifts[input(i)];
            }
        }

        var scaled = Array.TrueForAll(factors, f => f == 1) ? [] : ChannelScaling.Scale(weights, input, factors);
        return scaled is null || !ChannelScaling.AreFinite(bias ?? []) ? null : (before, x, scaled.Length == 0 ? null : scaled, bias);
    }

    private static (string X, double[] Factors, double[] Shifts)? Affine(ModelGraph graph, OnnxNode node, int rank, long channels)
    {
        if (node.Is("BatchNormalization"))
        {
            return FoldBatchNormalization.Affine(graph, node) is var (scales, offsets) && scales.Length == channels ? (node.Inputs[0], scales, offsets) : null;
        }

        var side = !node.Is("Add", "Sub", "Mul", "Div") ? -1
            : graph.TryFloats(node.Inputs[1], out var constant) ? 1
            : node.Is("Add", "Mul") && graph.TryFloats(node.Inputs[0], out constant) ? 0
            : -1;
        if (side < 0 || ChannelScaling.PerChannel(graph.Constant(node.Inputs[side])!, rank, channels) is not { } values)
        {
            return null;
        }

        var (factors, shifts) = (Array.ConvertAll(values, _ => 1d), new double[values.Length]);
        for (var c = 0; c < values.Length; c++)
        {
            factors[c] = node.Is("Mul") ? values[c] : node.Is("Div") ? 1 / values[c] : 1;
            shifts[c] = node.Is("Add") ? values[c] : node.Is("Sub") ? -values[c] : 0;
        }

        return Array.TrueForAll(factors, f => float.IsNormal((float)f)) && ChannelScaling.AreFinite(shifts) ? (node.Inputs[1 - side], factors, shifts) : null;
    }

    private static bool Pads(OnnxNode layer) =>
        layer.Text("auto_pad", "NOTSET") is not ("NOTSET" or "VALID") || layer.Ints("pads")?.Exists(p => p != 0) == true;
}
