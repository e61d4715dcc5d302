using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Conv | ConvTranspose | Gemm (x, W, b) + c, c + it, - c, * c, c * it, / c -> the same operator with
/// b' = b + c or b - c; W' = W * c, b' = b * c; W' = W / c, b' = b / c, per output channel.
/// Conditions: c is a float constant, a scalar or one number per channel, that does not add dimensions; W and b are constant; Gemm
/// has alpha = beta = 1; nothing else uses the value in between; all numbers stay finite.
/// Frameworks write biases and learned scales so; as a node of its own each costs a pass over the activations, and an Add of a
/// constant is not fused when quantized. Nodes are visited in order, so that a chain folds from its start.
/// </summary>
internal sealed class FoldChannelArithmetic : IGraphPass
{
    public string Name => "fold-channel-arithmetic";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("Add", "Sub", "Mul", "Div")))
        {
            if (Match(graph, node) is var (layer, weights, bias))
            {
                ChannelScaling.TakeIn(graph, layer, weights, bias, node);
                changes++;
            }
        }

        return changes;
    }

    private static (OnnxNode Layer, float[]? Weights, double[] Bias)? Match(ModelGraph graph, OnnxNode node)
    {
        var side = graph.TryFloats(node.Inputs[1], out var constant) ? 1 : node.Is("Add", "Mul") && graph.TryFloats(node.Inputs[0], out constant) ? 0 : -1;
        if (side < 0 || graph.Producer(node.Inputs[1 - side]) is not { } layer || !layer.Is("Conv", "ConvTranspose", "Gemm")
            || !graph.HasSingleUse(layer.Outputs[0]) || !graph.TryFloats(layer.Inputs[1], out var weights)
            || (layer.Is("Gemm") && (layer.Float("alpha", 1) != 1 || layer.Float("beta", 1) != 1))
            || ChannelScaling.OutputChannels(layer, weights) is not { } channels
            || ChannelScaling.PerChannel(constant!, weights.Dimensions.Count, channels) is not { } values
            || ChannelScaling.Bias(graph, layer, channels) is not { } bias)
        {
            return null;
        }

        var scales = node.Is("Mul") ? values : node.Is("Div") ? Array.ConvertAll(values, v => 1 / v) : null;
        for (var c = 0; c < bias.Length; c++)
        {
            bias[c] = scales is null ? bias[c] + (node.Is("Sub") ? -values[c] : values[c]) : bias[c] * scales[c];
        }

        if (!ChannelScaling.AreFinite(bias))
        {
            return null;
        }

        if (scales is null)
        {
            return (layer, null, bias);
        }

        return ChannelScaling.Scale(weights, ChannelScaling.OutputOf(layer, weights), scales) is { } scaled ? (layer, scaled, bias) : null;
    }
}
