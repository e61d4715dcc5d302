using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Conv(x + c, W, b) or Conv(x - c, W, b), padded -> Conv(x, W, b') with the same pads, where b' = b + sum over the output's weights of
/// W * s, and s = c or -c per input channel. What is computed is Conv of (Pad(x) + s) in place of Pad(x + s): the same inside; at the
/// borders padding stands for 0 as the input has it (black, for pictures), no longer for 0 after the shift (the mean).
/// Conditions: those of <see cref="FoldNormalizationForward"/> but for the padding, and x is an input of the graph, or made of one by
/// a chain of + - * / with constants: what is between layers keeps its borders.
/// Not exact, so no preparation: a recipe asks for it, and the variant is measured. It spares a pass over the input, which in a small
/// model takes as long as a small layer, and whole numbers as pixels are keep their places when the input is quantized.
/// </summary>
internal sealed class FoldInputShift : IGraphPass
{
    public string Name => "fold-input-shift";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var layer in graph.Nodes.Where(n => n.Is("Conv")))
        {
            while (IsOfInput(graph, layer.Inputs[0]) && FoldNormalizationForward.Match(graph, layer, acrossPadding: true) is var (before, x, weights, bias))
            {
                ChannelScaling.Replace(graph, layer, weights, bias);
                graph.SetInput(layer, 0, x);
                graph.Remove(before);
                changes++;
            }
        }

        return changes;
    }

    private static bool IsOfInput(ModelGraph graph, string value)
    {
        while (graph.Producer(value) is { } node && node.Is("Add", "Sub", "Mul", "Div"))
        {
            var side = graph.TryFloats(node.Inputs[1], out _) ? 0 : graph.TryFloats(node.Inputs[0], out _) ? 1 : -1;
            if (side < 0)
            {
                return false;
            }

            value = node.Inputs[side];
        }

        return graph.IsInput(value);
    }
}
