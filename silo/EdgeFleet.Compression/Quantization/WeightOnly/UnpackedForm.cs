using System.Runtime.InteropServices;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// W -> Mul(Cast(W8), scale)                                                          8 bits, a scale per row
/// W -> Reshape(Mul(Sub(Cast(BitShift(BitShift(W4, [4, 0]), 4)), zero), scale), shape)  4 bits, a scale per block
/// Plain operators on constants only, which any runtime computes once when it loads the model. So the file holds integers, the layer
/// runs as the float layer that it was, at its speed, and any operator's weights can be stored so. (A DequantizeLinear would not do:
/// the runtime keeps it for its integer fusions and runs it with each inference, two to three times slower than float.)
/// Two levels share a byte, the first in its low half: shifting left by 4 and by 0, then right by 4, takes both out.
/// </summary>
internal static class UnpackedForm
{
    /// <summary>The first opset with BitShift.</summary>
    public const int LeastOpset = 11;

    /// <summary>Adds constants and nodes.</summary>
    /// <returns>The value that stands for the weight.</returns>
    public static string Add(ModelGraph graph, WeightMatrix matrix, BlockWeights weights)
    {
        var name = matrix.Tensor.Name!;
        return weights.Grid.Bits == 4 ? Packed(graph, name, matrix, weights) : Bytes(graph, name, matrix, weights);
    }

    /// <summary>4 bits need blocks of an even number that divide the row, or an even number of rows where rows lie along the last axis.</summary>
    public static bool Takes4Bits(WeightMatrix matrix, int blockSize) =>
        matrix.Columns % blockSize == 0 && (matrix.IsTransposed ? matrix.Rows : blockSize) % 2 == 0;

    private static string Bytes(ModelGraph graph, string name, WeightMatrix matrix, BlockWeights weights)
    {
        var values = Stored(weights.Levels, matrix);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (byte)(values[i] - weights.Grid.Middle);
        }

        var q = graph.AddConstant<byte>($"{name}/q", OnnxElementType.Int8, matrix.Tensor.Dimensions, values);
        var scale = StoredScales.Add(graph, name, RowShape(matrix), weights.Scales);
        return Node(graph, "Mul", name, "float", [Node(graph, "Cast", name, "levels", [q], To(OnnxElementType.Float)), scale]);
    }

    private static string Packed(ModelGraph graph, string name, WeightMatrix matrix, BlockWeights weights)
    {
        long size = weights.Grid.BlockSize, blocks = weights.Blocks;
        long[] shape = matrix.IsTransposed ? [blocks, size, weights.Rows / 2, 1] : [weights.Rows, blocks, size / 2, 1];
        long[] perBlock = matrix.IsTransposed ? [blocks, 1, weights.Rows / 2, 2] : [weights.Rows, blocks, 1, 1];
        var levels = Stored(weights.Levels, matrix);
        var bytes = new byte[levels.Length / 2];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(levels[2 * i] | (levels[(2 * i) + 1] << 4));
        }

        var q = graph.AddConstant<byte>($"{name}/q", OnnxElementType.UInt8, shape, bytes);
        var both = Node(graph, "BitShift", name, "both", [q, Shared<byte>(graph, OnnxElementType.UInt8, [2], [4, 0])], OnnxAttribute.Of("direction", "LEFT"));
        var each = Node(graph, "BitShift", name, "each", [both, Shared<byte>(graph, OnnxElementType.UInt8, [1], [4])], OnnxAttribute.Of("direction", "RIGHT"));
        var levelsAsFloats = Node(graph, "Cast", name, "levels", [each], To(OnnxElementType.Float));
        var scales = PerBlock(weights.Scales, weights, matrix.IsTransposed);
        var centred = Node(graph, "Sub", name, "centred", [levelsAsFloats, Zeros(graph, name, weights, perBlock, matrix.IsTransposed)]);
        var scaled = Node(graph, "Mul", name, "scaled", [centred, StoredScales.Add(graph, name, perBlock, scales)]);
        return Node(graph, "Reshape", name, "float", [scaled, Shared<long>(graph, OnnxElementType.Int64, [matrix.Tensor.Dimensions.Count], CollectionsMarshal.AsSpan(matrix.Tensor.Dimensions))]);
    }

    private static string Zeros(ModelGraph graph, string name, BlockWeights weights, long[] shape, bool transposed)
    {
        if (weights.Grid.Symmetric)
        {
            return Shared<float>(graph, OnnxElementType.Float, [], [weights.Grid.Middle]);
        }

        var zeros = graph.AddConstant<byte>($"{name}/zero", OnnxElementType.UInt8, shape, PerBlock(weights.Zeros, weights, transposed));
        return Node(graph, "Cast", name, "zero_float", [zeros], To(OnnxElementType.Float));
    }

    /// <summary>A small constant of the whole model; made when first needed.</summary>
    private static string Shared<T>(ModelGraph graph, OnnxElementType type, long[] dimensions, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var name = $"edgefleet.{OnnxElementTypes.NameOf(type)}.{string.Join('x', dimensions)}.{string.Join('_', values.ToArray())}";
        return graph.Constant(name) is null ? graph.AddConstant(OnnxTensor.Of(name, type, dimensions, values)) : name;
    }

    /// <summary>[1, …, rows] where rows lie along the last axis; else the tensor's leading dimensions and ones.</summary>
    private static long[] RowShape(WeightMatrix matrix)
    {
        var dimensions = matrix.Tensor.Dimensions;
        if (matrix.IsTransposed)
        {
            return [1, matrix.Rows];
        }

        var shape = new long[dimensions.Count];
        var covered = 1L;
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = covered < matrix.Rows ? dimensions[i] : 1;
            covered *= dimensions[i];
        }

        return shape;
    }

    private static T[] PerBlock<T>(T[] values, BlockWeights weights, bool transposed) => transposed ? Turning.Of<T>(values, weights.Rows, weights.Blocks) : values;

    private static byte[] Stored(byte[] levels, WeightMatrix matrix) =>
        matrix.IsTransposed ? Turning.Of<byte>(levels, matrix.Rows, matrix.Columns) : [.. levels];

    private static OnnxAttribute To(OnnxElementType type) => OnnxAttribute.Of("to", (long)type);

    private static string Node(ModelGraph graph, string type, string name, string what, List<string> inputs, params OnnxAttribute[] attributes)
    {
        var output = graph.Fresh($"{name}/{what}");
        graph.Add(new OnnxNode { OpType = type, Inputs = inputs, Outputs = [output], Attributes = [.. attributes] });
        return output;
    }
}
