using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// LSTM(X, W, R, …) -> com.microsoft.DynamicQuantizeLSTM with int8 W and R, transposed to [directions, input, 4 * hidden], one scale
/// per direction and column, weights in [-64, 64].
/// Conditions: W and R constant floats of rank 3, layout 0, no peepholes.
/// </summary>
internal sealed class DynamicLstm(ValueFacts facts) : IGraphPass
{
    public string Name => "quantize-lstm";

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

        if (changes > 0)
        {
            graph.Model.SetOpset("com.microsoft", 1);
            graph.RemoveUnusedConstants();
        }

        return changes;
    }

    private bool IsQuantizable(ModelGraph graph, OnnxNode node) =>
        node.Is("LSTM") && node.Int("layout", 0) == 0 && node.InputOrEmpty(7).Length == 0 && facts.IsFloat(node.Inputs[0])
        && graph.TryFloats(node.Inputs[1], out var w) && w.Dimensions.Count == 3
        && graph.TryFloats(node.Inputs[2], out var r) && r.Dimensions.Count == 3;

    private static void Quantize(ModelGraph graph, OnnxNode node)
    {
        var basis = node.Outputs.Find(o => o.Length > 0) ?? "lstm";
        var w = Weights(graph, node.Inputs[1], $"{basis}/w");
        var r = Weights(graph, node.Inputs[2], $"{basis}/r");
        List<string> inputs = [node.Inputs[0], w.Values, r.Values];
        for (var i = 3; i < 8; i++)
        {
            inputs.Add(node.InputOrEmpty(i));
        }

        inputs.AddRange([w.Scale, w.Zero, r.Scale, r.Zero]);
        graph.Remove(node);
        node.RemoveAttribute("layout");
        graph.Add(new OnnxNode
        {
            OpType = "DynamicQuantizeLSTM",
            Domain = "com.microsoft",
            Name = $"{basis}/quantized",
            Inputs = inputs,
            Outputs = node.Outputs,
            Attributes = node.Attributes,
        });
    }

    private static (string Values, string Scale, string Zero) Weights(ModelGraph graph, string name, string basis)
    {
        var tensor = graph.Constant(name)!;
        var (directions, rows, columns) = ((int)tensor.Dimensions[0], (int)tensor.Dimensions[1], (int)tensor.Dimensions[2]);
        var values = new List<sbyte>();
        var scales = new List<float>();
        for (var d = 0; d < directions; d++)
        {
            var matrix = DynamicQuantization.Transposed(TensorContent.Floats(tensor).Slice(d * rows * columns, rows * columns), rows, columns);
            var quantized = WeightQuantizer.Quantize(matrix, [columns, rows], 1, QuantizationScheme.Reduced.WeightLimit);
            values.AddRange(quantized.Values);
            scales.AddRange(quantized.Scales);
        }

        return (
            graph.AddConstant<sbyte>(basis, OnnxElementType.Int8, [directions, columns, rows], values.ToArray()),
            graph.AddConstant<float>($"{basis}_scale", OnnxElementType.Float, [directions, rows], scales.ToArray()),
            graph.AddConstant<sbyte>($"{basis}_zero", OnnxElementType.Int8, [directions, rows], new sbyte[directions * rows]));
    }
}
