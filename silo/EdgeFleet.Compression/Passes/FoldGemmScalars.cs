using System.Numerics.Tensors;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Gemm(alpha, beta) -> Gemm(1, 1) with B' = alpha * B and C' = beta * C: only such a Gemm is fused when quantized.
/// Conditions: whichever of B and C has a factor other than 1 is a float constant, and stays finite with it.
/// </summary>
internal sealed class FoldGemmScalars : IGraphPass
{
    public string Name => "fold-gemm-scalars";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("Gemm") && IsFoldable(graph, n)))
        {
            Fold(graph, node, 1, "alpha");
            Fold(graph, node, 2, "beta");
            changes++;
        }

        return changes;
    }

    private static bool IsFoldable(ModelGraph graph, OnnxNode node)
    {
        var (alpha, beta) = (node.Float("alpha", 1), node.Float("beta", 1));
        var c = node.InputOrEmpty(2);
        return (alpha != 1 || beta != 1)
            && (alpha == 1 || StaysFinite(graph, node.Inputs[1], alpha))
            && (beta == 1 || c.Length == 0 || StaysFinite(graph, c, beta));
    }

    private static bool StaysFinite(ModelGraph graph, string value, float factor) =>
        graph.TryFloats(value, out var tensor)
        && (tensor.Count == 0 || float.IsFinite(factor * TensorPrimitives.MaxMagnitude(TensorContent.Floats(tensor))));

    private static void Fold(ModelGraph graph, OnnxNode node, int input, string attribute)
    {
        var factor = node.Float(attribute, 1);
        node.RemoveAttribute(attribute);
        if (factor == 1 || node.InputOrEmpty(input).Length == 0)
        {
            return;
        }

        var tensor = graph.Constant(node.Inputs[input])!;
        var values = TensorContent.Floats(tensor).ToArray();
        TensorPrimitives.Multiply(values, factor, values);
        graph.SetInput(node, input, graph.AddConstant<float>(tensor.Name!, OnnxElementType.Float, tensor.Dimensions, values));
    }
}
