using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// W float32 -> Cast(W float16), which the runtime computes once when it loads the model: weights of layers that compute in float32
/// for their range, and of branches and loop bodies, take two bytes all the same. Conditions: enough elements to pay for the node,
/// all of them within float16, no graph output, used by operators of ai.onnx that do not quantize. Opset 7.
/// </summary>
internal sealed class HalfStorage : IGraphPass
{
    private const int WorthHalving = 64;
    private const float Largest = 65504f;

    public string Name => "store-halves";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var tensor in graph.Graph.Initializers.ToList())
        {
            var name = tensor.Name ?? "";
            if (graph.Constant(name) == tensor && tensor.ElementType == OnnxElementType.Float && tensor.Count >= WorthHalving
                && !graph.IsOutput(name) && graph.Consumers(name).All(IsPlain) && Fits(tensor))
            {
                var value = graph.Fresh($"{name}/float");
                graph.ReplaceUses(name, value);
                var half = graph.AddConstant(HalfPrecision.ToHalf(tensor, graph.Fresh($"{name}/half")));
                graph.Add(new OnnxNode { OpType = "Cast", Inputs = [half], Outputs = [value], Attributes = [OnnxAttribute.Of("to", (long)OnnxElementType.Float)] });
                changes++;
            }
        }

        graph.RemoveUnusedConstants();
        return changes;
    }

    private static bool IsPlain(OnnxNode node) =>
        OnnxOpset.Normalize(node.Domain).Length == 0
        && !node.OpType.Contains("Quantize", StringComparison.Ordinal) && !node.OpType.StartsWith("QLinear", StringComparison.Ordinal);

    private static bool Fits(OnnxTensor tensor)
    {
        foreach (var value in TensorContent.Floats(tensor))
        {
            if (Math.Abs(value) > Largest)
            {
                return false;
            }
        }

        return true;
    }
}
