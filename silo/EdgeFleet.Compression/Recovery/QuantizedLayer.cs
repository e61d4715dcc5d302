using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Recovery;

/// <summary>A layer of a static QDQ model whose weights are 8-bit constants, and where they are.</summary>
/// <param name="Node">Conv, Gemm or MatMul in the variant.</param>
/// <param name="Weights">int8, or uint8 with zero point 128.</param>
/// <param name="Scales">One per output channel, also where they are all the same one.</param>
/// <param name="IsPerTensor">True where one scale is stored for all.</param>
/// <param name="Axis">The weights' axis of output channels.</param>
/// <param name="Input">The value that it reads, dequantized.</param>
/// <param name="InputScale">Scale of that.</param>
/// <param name="Bias">int32 with scale s_x * s_w; null where it has none.</param>
internal sealed record QuantizedLayer(OnnxNode Node, OnnxTensor Weights, float[] Scales, bool IsPerTensor, int Axis, string Input, float InputScale, OnnxTensor? Bias)
{
    /// <summary>What is added to a signed weight where it is stored.</summary>
    public int ZeroPoint => Weights.ElementType == OnnxElementType.UInt8 ? 128 : 0;

    /// <summary>Output channels.</summary>
    public int Channels => Scales.Length;

    /// <summary>The variant's form of a float layer; null where that is not static integers.</summary>
    public static QuantizedLayer? Find(ModelGraph graph, VariantView view, LayerPair pair) =>
        Producer(graph, view, pair) is { } node ? Of(graph, node) : null;

    public static QuantizedLayer? Of(ModelGraph graph, OnnxNode node)
    {
        if (!node.Is("Conv", "Gemm", "MatMul")
            || graph.Producer(node.Inputs[0]) is not { OpType: "DequantizeLinear" } input || !graph.TryFloats(input.Inputs[1], out var inputScale) || inputScale.Count != 1
            || graph.Producer(node.Inputs[1]) is not { OpType: "DequantizeLinear" } weights || !graph.TryFloats(weights.Inputs[1], out var scales)
            || !graph.TryConstant(weights.Inputs[0], out var values) || values.ElementType is not (OnnxElementType.Int8 or OnnxElementType.UInt8))
        {
            return null;
        }

        var bias = graph.Producer(node.InputOrEmpty(2)) is { OpType: "DequantizeLinear" } dequantizer ? graph.Constant(dequantizer.Inputs[0]) : null;
        var axis = node.Is("Conv") || (node.Is("Gemm") && node.Int("transB", 0) != 0) ? 0 : 1;
        var stored = TensorContent.Floats(scales).ToArray();
        var channels = (int)values.Dimensions[axis];
        var perTensor = scales.Dimensions.Count == 0;
        return stored.Length == (perTensor ? 1 : channels)
            ? new(node, values, perTensor ? [.. Enumerable.Repeat(stored[0], channels)] : stored, perTensor, axis, node.Inputs[0], TensorContent.Floats(inputScale)[0], bias)
            : null;
    }

    /// <summary>The weights as signed integers.</summary>
    public sbyte[] Values()
    {
        var bytes = TensorContent.Bytes(Weights).Span;
        var values = new sbyte[bytes.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ZeroPoint == 0 ? (sbyte)bytes[i] : (sbyte)(bytes[i] - 128);
        }

        return values;
    }

    /// <summary>Stores other integers in their place.</summary>
    public void Store(ReadOnlySpan<sbyte> values)
    {
        var bytes = new byte[values.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(values[i] + ZeroPoint);
        }

        Weights.RawData = bytes;
        Weights.TypedData.Clear();
    }

    /// <summary>Goes back from the value compared, over its quantizer and over what was fused, to the layer itself.</summary>
    private static OnnxNode? Producer(ModelGraph graph, VariantView view, LayerPair pair)
    {
        var node = graph.Producer(view.NameOf(pair.Value));
        for (var steps = pair.Chain.Count + 2; node is not null && steps > 0; steps--)
        {
            if (node.Is(pair.Node.OpType))
            {
                return node;
            }

            node = node.Is("DequantizeLinear", "QuantizeLinear", "Relu", "Clip", "Add") ? graph.Producer(node.Inputs[0]) ?? graph.Producer(node.InputOrEmpty(1)) : null;
        }

        return null;
    }
}
