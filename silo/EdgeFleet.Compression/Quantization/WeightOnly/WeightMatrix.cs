using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>A constant weight of a node, seen as a matrix with one row per output.</summary>
/// <param name="Node">Who uses it.</param>
/// <param name="Tensor">The weight as stored.</param>
/// <param name="Rows">Outputs; of LSTM and GRU all gates of all directions.</param>
/// <param name="Columns">Inputs of one output.</param>
/// <param name="IsTransposed">True where it is stored as [Columns, Rows].</param>
/// <param name="Groups">Groups of a Conv; 1 otherwise.</param>
internal sealed record WeightMatrix(OnnxNode Node, OnnxTensor Tensor, int Rows, int Columns, bool IsTransposed, int Groups)
{
    /// <summary>The weights of a node that can be stored in fewer bits; biases and the like are not among them.</summary>
    public static IEnumerable<WeightMatrix> Of(ModelGraph graph, OnnxNode node)
    {
        int[] inputs = node.OpType switch
        {
            "MatMul" => [0, 1],
            "Gemm" or "Conv" or "ConvTranspose" => [1],
            "LSTM" or "GRU" or "RNN" => [1, 2],
            "Gather" when node.Int("axis", 0) == 0 => [0],
            _ => [],
        };
        foreach (var input in node.Is(node.OpType) ? inputs : [])
        {
            if (graph.TryFloats(node.InputOrEmpty(input), out var tensor) && tensor.Dimensions.Count >= 2 && tensor.Count is > 0 and <= int.MaxValue)
            {
                yield return Of(node, input, tensor);
            }
        }
    }

    /// <summary>The weights, [Rows, Columns]: a copy where they are stored otherwise.</summary>
    public ReadOnlyMemory<float> ToRows()
    {
        var floats = new FloatMemory(TensorContent.Bytes(Tensor)).Memory;
        return IsTransposed ? Turning.Of<float>(floats, Columns, Rows) : floats;
    }

    private static WeightMatrix Of(OnnxNode node, int input, OnnxTensor tensor)
    {
        var dimensions = tensor.Dimensions;
        if (dimensions.Count == 2 && input == 1 && (node.OpType == "MatMul" || (node.OpType == "Gemm" && node.Int("transB", 0) == 0)))
        {
            return new(node, tensor, (int)dimensions[1], (int)dimensions[0], true, 1);
        }

        // Rows end where the operator's sums begin; of others than these the last axis is one row.
        var leading = node.OpType is "Conv" or "ConvTranspose" ? 1 : dimensions.Count - 1;
        var rows = (int)dimensions.Take(leading).Aggregate(1L, (product, dimension) => product * dimension);
        return new(node, tensor, rows, (int)(tensor.Count / rows), false, node.OpType == "Conv" ? (int)node.Int("group", 1) : 1);
    }
}
