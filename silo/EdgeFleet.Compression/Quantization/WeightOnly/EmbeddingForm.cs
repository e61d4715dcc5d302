using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// Gather(W, i) -> Mul(Cast(Gather(W8, i)), Gather(scale, i)), a scale per row: only the rows looked up become floats, and the table
/// stays 8 bits in memory. Conditions: axis 0; the table is a matrix. Opset 7.
/// </summary>
internal static class EmbeddingForm
{
    /// <summary>The table as two constants; may be used by several nodes.</summary>
    public static (string Levels, string Scales) Add(ModelGraph graph, WeightMatrix matrix, BlockWeights weights)
    {
        var name = matrix.Tensor.Name!;
        var levels = Array.ConvertAll(weights.Levels, l => (sbyte)(l - weights.Grid.Middle));
        return (
            graph.AddConstant<sbyte>($"{name}/q", OnnxElementType.Int8, matrix.Tensor.Dimensions, levels),
            graph.AddConstant<float>($"{name}/scale", OnnxElementType.Float, [weights.Rows, 1], weights.Scales));
    }

    public static void Replace(ModelGraph graph, OnnxNode node, (string Levels, string Scales) table)
    {
        var y = node.Outputs[0];
        graph.Remove(node);
        var levels = Node(graph, "Gather", graph.Fresh($"{y}/levels"), [table.Levels, node.Inputs[1]]);
        var scales = Node(graph, "Gather", graph.Fresh($"{y}/scale"), [table.Scales, node.Inputs[1]]);
        var floats = Node(graph, "Cast", graph.Fresh($"{y}/float"), [levels], OnnxAttribute.Of("to", (long)OnnxElementType.Float));
        Node(graph, "Mul", y, [floats, scales]);
    }

    private static string Node(ModelGraph graph, string type, string output, List<string> inputs, params OnnxAttribute[] attributes)
    {
        graph.Add(new OnnxNode { OpType = type, Inputs = inputs, Outputs = [output], Attributes = [.. attributes] });
        return output;
    }
}
