using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// MatMul(x, W), MatMul(x, W) + b, Gemm(x, W, b) -> com.microsoft.MatMulNBits(x, Wq, scales, zeros, , b): weights stay 4 or 8 bits in
/// memory and are multiplied as integers. B is [N, blocks, size * bits / 8], two levels to a byte, the first in its low half; zeros
/// are packed row by row, an odd end filled up with 8. Source: ContribOperators.md of ONNX Runtime.
/// </summary>
internal static class BlockedForm
{
    /// <summary>Activations are quantized to int8 by the kernel: without this, 8 bits are 25 times slower than float at one row.</summary>
    private const int AccuracyLevel = 4;

    /// <summary>The weights as two constants, or three; may be used by several nodes.</summary>
    /// <param name="Weights">Name of B.</param>
    /// <param name="Scales">Name of the scales.</param>
    /// <param name="Zeros">Name of the zero points; empty where blocks are symmetric.</param>
    internal sealed record Constants(string Weights, string Scales, string Zeros);

    /// <summary>Packs the weights.</summary>
    public static Constants Add(ModelGraph graph, string name, BlockWeights weights)
    {
        var (grid, blocks) = (weights.Grid, weights.Blocks);
        var b = graph.AddConstant<byte>($"{name}/q", OnnxElementType.UInt8, [weights.Rows, blocks, grid.BlockSize * grid.Bits / 8], PackLevels(weights));
        var scales = StoredScales.Add(graph, name, [weights.Rows, blocks], weights.Scales);
        if (grid.Symmetric)
        {
            return new(b, scales, "");
        }

        var zeros = PackZeros(weights);
        return new(b, scales, graph.AddConstant<byte>($"{name}/zero", OnnxElementType.UInt8, [weights.Rows, zeros.Length / weights.Rows], zeros));
    }

    /// <summary>Puts the node in the place of a MatMul or Gemm.</summary>
    /// <param name="graph">Of the node.</param>
    /// <param name="node">MatMul or Gemm with alpha = beta = 1 that does not transpose x.</param>
    /// <param name="weights">As stored in the model.</param>
    /// <param name="constants">Its packed weights.</param>
    public static void Replace(ModelGraph graph, OnnxNode node, BlockWeights weights, Constants constants)
    {
        var y = node.Outputs[0];
        var c = node.InputOrEmpty(2);
        graph.Remove(node);
        if (node.Is("MatMul") && BiasAfter(graph, y, weights.Rows) is var (add, bias))
        {
            graph.Remove(add);
            (y, c) = (add.Outputs[0], bias);
        }

        var fused = c.Length == 0 || IsBias(graph, c, weights.Rows);
        var output = fused ? y : graph.Fresh($"{y}/product");
        graph.Add(new OnnxNode
        {
            OpType = "MatMulNBits",
            Domain = "com.microsoft",
            Name = $"{y}/blocks",
            Inputs = Trimmed(node.Inputs[0], constants.Weights, constants.Scales, constants.Zeros, "", fused && c.Length > 0 ? Flat(graph, c) : ""),
            Outputs = [output],
            Attributes =
            [
                OnnxAttribute.Of("K", weights.Columns), OnnxAttribute.Of("N", weights.Rows), OnnxAttribute.Of("bits", weights.Grid.Bits),
                OnnxAttribute.Of("block_size", weights.Grid.BlockSize), OnnxAttribute.Of("accuracy_level", AccuracyLevel),
            ],
        });
        if (!fused)
        {
            graph.Add(new OnnxNode { OpType = "Add", Name = $"{y}/bias", Inputs = [output, c], Outputs = [y] });
        }
    }

    /// <summary>A row holds whole blocks; what the last one has too much is at the zero.</summary>
    internal static byte[] PackLevels(BlockWeights weights)
    {
        var (grid, perByte) = (weights.Grid, 8 / weights.Grid.Bits);
        var rowBytes = weights.Blocks * grid.BlockSize / perByte;
        var packed = new byte[checked(weights.Rows * rowBytes)];
        Parallel.For(0, weights.Rows, row =>
        {
            var levels = weights.Levels.AsSpan(row * weights.Columns, weights.Columns);
            var zero = weights.Zeros[(row * weights.Blocks) + weights.Blocks - 1];
            var bytes = packed.AsSpan(row * rowBytes, rowBytes);
            for (var i = 0; i < bytes.Length; i++)
            {
                for (var (place, column) = (0, i * perByte); place < perByte; place++, column++)
                {
                    bytes[i] |= (byte)((column < levels.Length ? levels[column] : zero) << (place * grid.Bits));
                }
            }
        });
        return packed;
    }

    internal static byte[] PackZeros(BlockWeights weights)
    {
        var perByte = 8 / weights.Grid.Bits;
        var rowBytes = (weights.Blocks + perByte - 1) / perByte;
        var packed = new byte[weights.Rows * rowBytes];
        for (var row = 0; row < weights.Rows; row++)
        {
            for (var block = 0; block < rowBytes * perByte; block++)
            {
                var zero = block < weights.Blocks ? weights.Zeros[(row * weights.Blocks) + block] : weights.Grid.Middle;
                packed[(row * rowBytes) + (block / perByte)] |= (byte)(zero << (block % perByte * weights.Grid.Bits));
            }
        }

        return packed;
    }

    private static (OnnxNode Add, string Bias)? BiasAfter(ModelGraph graph, string y, int rows) =>
        graph.HasSingleUse(y) && graph.Consumers(y)[0] is var add && add.Is("Add") && add.Inputs[add.Inputs[0] == y ? 1 : 0] is var bias && IsBias(graph, bias, rows)
            ? (add, bias)
            : null;

    private static bool IsBias(ModelGraph graph, string value, int rows) =>
        graph.TryFloats(value, out var bias) && bias.Count == rows && bias.Dimensions.Count is 1 or 2 && bias.Dimensions[^1] == rows;

    private static string Flat(ModelGraph graph, string bias) => graph.Constant(bias) is { Dimensions.Count: > 1 } tensor
        ? graph.AddConstant(bias, OnnxElementType.Float, [tensor.Count], TensorContent.Floats(tensor))
        : bias;

    private static List<string> Trimmed(params List<string> inputs)
    {
        while (inputs[^1].Length == 0)
        {
            inputs.RemoveAt(inputs.Count - 1);
        }

        return inputs;
    }
}
