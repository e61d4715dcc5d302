using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// BatchNormalization(Conv | ConvTranspose | Gemm (x, W, b)) -> the same operator with
/// f = scale / sqrt(var + epsilon), W' = W * f per output channel, b' = (b - mean) * f + bias.
/// Conditions: inference form with one output, all parameters constant floats of one length, W and b constant, Gemm with
/// alpha = beta = 1, and nothing else uses the value in between.
/// </summary>
internal sealed class FoldBatchNormalization : IGraphPass
{
    public string Name => "fold-batch-normalization";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("BatchNormalization")))
        {
            if (Match(graph, node) is { } match)
            {
                Fold(graph, node, match);
                changes++;
            }
        }

        return changes;
    }

    private static Found? Match(ModelGraph graph, OnnxNode norm)
    {
        if (norm.Outputs.Skip(1).Any(o => o.Length > 0) || norm.Int("training_mode", 0) != 0 || norm.Int("spatial", 1) != 1)
        {
            return null;
        }

        var layer = graph.Producer(norm.Inputs[0]);
        if (layer is null || !layer.Is("Conv", "ConvTranspose", "Gemm") || !graph.HasSingleUse(norm.Inputs[0])
            || !graph.TryFloats(layer.Inputs[1], out var weights)
            || (layer.Is("Gemm") && (layer.Float("alpha", 1) != 1 || layer.Float("beta", 1) != 1))
            || ChannelScaling.OutputAxis(layer, weights) is not var (axis, channels)
            || ChannelScaling.Bias(graph, layer, channels) is not { } bias)
        {
            return null;
        }

        var parameters = new float[4][];
        for (var i = 0; i < 4; i++)
        {
            if (!graph.TryFloats(norm.Inputs[i + 1], out var tensor) || tensor.Count != channels)
            {
                return null;
            }

            parameters[i] = TensorContent.Floats(tensor).ToArray();
        }

        return new Found(layer, weights, axis, bias, parameters);
    }

    private static void Fold(ModelGraph graph, OnnxNode norm, Found found)
    {
        var epsilon = (double)norm.Float("epsilon", 1e-5f);
        var factors = new double[found.Bias.Length];
        var bias = new double[found.Bias.Length];
        for (var c = 0; c < factors.Length; c++)
        {
            factors[c] = found.Parameters[0][c] / Math.Sqrt(found.Parameters[3][c] + epsilon);
            bias[c] = ((found.Bias[c] - found.Parameters[2][c]) * factors[c]) + found.Parameters[1][c];
        }

        ChannelScaling.Replace(graph, found.Layer, ChannelScaling.Scale(found.Weights, found.Axis, factors), bias);
        graph.Remove(norm);
        graph.SetOutput(found.Layer, 0, norm.Outputs[0]);
    }

    /// <param name="Parameters">scale, bias, mean, variance.</param>
    private sealed record Found(OnnxNode Layer, OnnxTensor Weights, int Axis, double[] Bias, float[][] Parameters);
}
