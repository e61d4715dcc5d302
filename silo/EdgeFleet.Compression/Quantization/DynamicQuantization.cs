using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// MatMul(x, W), Gemm(x, W, b) -> Cast(MatMulInteger(DynamicQuantizeLinear(x), Wq)) * (s_x * s_w) + b, which the runtime fuses to
/// DynamicQuantizeMatMul. W int8, exact on every processor (see <see cref="ExactSums"/>).
/// Conditions: opset 11 or later (else lifted before), W a constant float matrix, Gemm not transposing x and with alpha = beta = 1,
/// and the node is not to stay float. Conv stays float: dynamic convolution is several times slower than float. Each MatMul gets a
/// DynamicQuantizeLinear of its own, since a shared one is not fused.
/// </summary>
/// <param name="facts">Of the graph.</param>
/// <param name="perTensor">One scale for a whole matrix, not one per column: smaller, and one multiplication less.</param>
/// <param name="keepFloat">Outputs of nodes that stay float.</param>
internal sealed class DynamicQuantization(ValueFacts facts, bool perTensor = false, IReadOnlyCollection<string>? keepFloat = null) : IGraphPass
{
    public string Name => "quantize-dynamic";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            if (IsQuantizable(graph, node))
            {
                Quantize(graph, node);
                changes++;
            }
        }

        graph.RemoveUnusedConstants();
        return changes;
    }

    private bool IsQuantizable(ModelGraph graph, OnnxNode node) =>
        node.Is("MatMul", "Gemm") && keepFloat?.Contains(node.Outputs[0]) != true
        && graph.TryFloats(node.Inputs[1], out var weights) && weights.Dimensions.Count == 2 && weights.Count > 0
        && graph.Constant(node.Inputs[0]) is null && facts.IsFloat(node.Inputs[0])
        && (node.Is("MatMul") || (node.Int("transA", 0) == 0 && node.Float("alpha", 1) == 1 && node.Float("beta", 1) == 1));

    private void Quantize(ModelGraph graph, OnnxNode node)
    {
        var weights = graph.Constant(node.Inputs[1])!;
        var (k, n) = (weights.Dimensions[0], weights.Dimensions[1]);
        var values = TensorContent.Floats(weights);
        if (node.Int("transB", 0) != 0)
        {
            (k, n) = (n, k);
            values = Turning.Of<float>(new FloatMemory(TensorContent.Bytes(weights)).Memory, (int)n, (int)k);
        }

        var quantized = ExactSums.Quantize(values, (int)k, (int)n, perTensor);
        long[] scales = perTensor ? [] : [n];
        var y = node.Outputs[0];
        var (x, bias) = (node.Inputs[0], node.InputOrEmpty(2));
        var w = graph.AddConstant<sbyte>($"{y}/w", OnnxElementType.Int8, [k, n], quantized.Values);
        var scale = graph.AddConstant<float>($"{y}/w_scale", OnnxElementType.Float, scales, quantized.Scales);
        var zero = graph.AddConstant<sbyte>($"{y}/w_zero", OnnxElementType.Int8, scales, new sbyte[quantized.Scales.Length]);
        graph.Remove(node);

        string Step(string type, string name, params string[] inputs) => Node(graph, type, [graph.Fresh($"{y}/{name}")], inputs);
        var q = graph.Fresh($"{y}/x");
        var (qScale, qZero) = (graph.Fresh($"{y}/x_scale"), graph.Fresh($"{y}/x_zero"));
        Node(graph, "DynamicQuantizeLinear", [q, qScale, qZero], [x]);
        var sums = Step("MatMulInteger", "sums", q, w, qZero, zero);
        var real = Node(graph, "Cast", [graph.Fresh($"{y}/float")], [sums], OnnxAttribute.Of("to", (long)OnnxElementType.Float));
        var factor = Step("Mul", "scale", qScale, scale);
        if (bias.Length == 0)
        {
            Node(graph, "Mul", [y], [real, factor]);
        }
        else
        {
            Node(graph, "Add", [y], [Step("Mul", "scaled", real, factor), bias]);
        }
    }

    private static string Node(ModelGraph graph, string type, List<string> outputs, IEnumerable<string> inputs, params OnnxAttribute[] attributes)
    {
        graph.Add(new OnnxNode { OpType = type, Name = outputs[0], Inputs = [.. inputs], Outputs = outputs, Attributes = [.. attributes] });
        return outputs[0];
    }
}
