using System.Numerics.Tensors;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Conv(x * s, W) or Conv(x / s, W) -> Conv(x, W * s) or Conv(x, W / s), the end of a model's input normalisation.
/// Exact with any padding, since a padded zero scales to zero; a Sub before it is not folded, since there it would not.
/// Conditions: s is a constant scalar other than 0 and finite, x * s has no other use, W is constant.
/// </summary>
internal sealed class FoldInputScale : IGraphPass
{
    public string Name => "fold-input-scale";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var conv in graph.Nodes.Where(n => n.Is("Conv")))
        {
            if (Factor(graph, conv) is var (scale, x, factor))
            {
                Fold(graph, conv, scale, x, factor);
                changes++;
            }
        }

        return changes;
    }

    private static (OnnxNode Scale, string X, float Factor)? Factor(ModelGraph graph, OnnxNode conv)
    {
        var scale = graph.Producer(conv.Inputs[0]);
        if (scale is null || !scale.Is("Mul", "Div") || !graph.HasSingleUse(conv.Inputs[0]) || !graph.TryFloats(conv.Inputs[1], out _))
        {
            return null;
        }

        var constant = graph.TryFloats(scale.Inputs[1], out var tensor) ? 1
            : scale.Is("Mul") && graph.TryFloats(scale.Inputs[0], out tensor) ? 0
            : -1;
        if (constant < 0 || tensor!.Count != 1 || tensor.Dimensions.Count > 1)
        {
            return null;
        }

        var value = TensorContent.Floats(tensor)[0];
        var factor = scale.Is("Div") ? 1 / value : value;
        return float.IsNormal(factor) ? (scale, scale.Inputs[1 - constant], factor) : null;
    }

    private static void Fold(ModelGraph graph, OnnxNode conv, OnnxNode scale, string x, float factor)
    {
        var weights = graph.Constant(conv.Inputs[1])!;
        var values = TensorContent.Floats(weights).ToArray();
        TensorPrimitives.Multiply(values, factor, values);
        graph.SetInput(conv, 1, graph.AddConstant<float>(weights.Name!, OnnxElementType.Float, weights.Dimensions, values));
        graph.SetInput(conv, 0, x);
        graph.Remove(scale);
    }
}
