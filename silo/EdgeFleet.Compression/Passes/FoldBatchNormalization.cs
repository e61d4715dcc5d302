using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// BatchNormalization(Conv | ConvTranspose | Gemm (x, W, b)) -> the same operator with
/// f = scale / sqrt(var + epsilon), W' = W * f per output channel, b' = (b - mean) * f + bias.
/// Conditions: inference form with one output, all parameters constant floats of one length, W and b constant, Gemm with
/// alpha = beta = 1, nothing else uses the value in between, and all numbers stay finite.
/// </summary>
internal sealed class FoldBatchNormalization : IGraphPass
{
    public string Name => "fold-batch-normalization";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("BatchNormalization")))
        {
            if (Match(graph, node) is var (layer, weights, bias))
            {
                ChannelScaling.TakeIn(graph, layer, weights, bias, node);
                changes++;
            }
        }

        return changes;
    }

    /// <summary>The normalization as y = factor * x + shift per channel; null where it is not the inference form with constant, usable numbers.</summary>
    public static (double[] Factors, double[] Shifts)? Affine(ModelGraph graph, OnnxNode norm)
    {
        if (norm.Outputs.Skip(1).Any(o => o.Length > 0) || norm.Int("training_mode", 0) != 0 || norm.Int("spatial", 1) != 1)
        {
            return null;
        }

        var parameters = new float[4][];
        for (var i = 0; i < 4; i++)
        {
            if (!graph.TryFloats(norm.Inputs[i + 1], out var tensor) || (i > 0 && tensor.Count != parameters[0].Length))
            {
                return null;
            }

            parameters[i] = TensorContent.Floats(tensor).ToArray();
        }

        var epsilon = (double)norm.Float("epsilon", 1e-5f);
        var factors = new double[parameters[0].Length];
        var shifts = new double[factors.Length];
        for (var c = 0; c < factors.Length; c++)
        {
            factors[c] = parameters[0][c] / Math.Sqrt(parameters[3][c] + epsilon);
            shifts[c] = parameters[1][c] - (parameters[2][c] * factors[c]);
        }

        return ChannelScaling.AreFinite(factors) && ChannelScaling.AreFinite(shifts) ? (factors, shifts) : null;
    }

    private static (OnnxNode Layer, float[] Weights, double[] Bias)? Match(ModelGraph graph, OnnxNode norm)
    {
        var layer = graph.Producer(norm.Inputs[0]);
        if (layer is null || !layer.Is("Conv", "ConvTranspose", "Gemm") || !graph.HasSingleUse(norm.Inputs[0])
            || !graph.TryFloats(layer.Inputs[1], out var weights)
            || (layer.Is("Gemm") && (layer.Float("alpha", 1) != 1 || layer.Float("beta", 1) != 1))
            || ChannelScaling.OutputChannels(layer, weights) is not { } channels
            || ChannelScaling.Bias(graph, layer, channels) is not { } bias
            || Affine(graph, norm) is not var (factors, shifts) || factors.Length != channels
            || ChannelScaling.Scale(weights, ChannelScaling.OutputOf(layer, weights), factors) is not { } scaled)
        {
            return null;
        }

        for (var c = 0; c < bias.Length; c++)
        {
            bias[c] = (bias[c] * factors[c]) + shifts[c];
        }

        return ChannelScaling.AreFinite(bias) ? (layer, scaled, bias) : null;
    }
}
