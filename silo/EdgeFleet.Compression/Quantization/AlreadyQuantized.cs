using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// A model whose activations are quantized already is refused for the int8 kinds: its float values are those of someone else's
/// integers, and to quantize them again would only add error. The other kinds pass what is quantized through.
/// </summary>
internal static class AlreadyQuantized
{
    private static readonly string[] s_operators =
        ["QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"];

    /// <exception cref="InvalidModelException">The model is quantized; names the node by which it shows.</exception>
    public static void Refuse(OnnxModel model)
    {
        if (TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes).FirstOrDefault(n => n.Is(s_operators)) is { } node)
        {
            throw new InvalidModelException(
                $"The model is quantized already ({node.Label}). Give the float model that it was made from, or choose fp32, fp16 or a weight-only kind.", node.Label);
        }
    }
}
