using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// LSTM(X, W, R, …) -> com.microsoft.DynamicQuantizeLSTM with int8 W and R, transposed to [directions, input, 4 * hidden], one scale
/// per direction and column, or per direction, exact on every processor (see <see cref="ExactSums"/>).
/// Conditions: W and R constant floats of rank 3, layout 0, no peepholes, and the node is not to stay float.
/// GRU has no such twin in the runtime: its weights are left to be stored in 8 bits.
/// </summary>
/// <param name="facts">Of the graph.</param>
/// <param name="perTensor">One scale for each direction, not one per column: smaller and faster.</param>
/// <param name="keepFloat">Outputs of nodes that stay float.</param>
internal sealed class DynamicLstm(ValueFacts facts, bool perTensor = false, IReadOnlyCollection<string>? keepFloat = null) : IGraphPass
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
        && !node.Outputs.Exists(o => keepFloat?.Contains(o) == true)
        && graph.TryFloats(node.Inputs[1], out var w) && w.Dimensions.Count == 3
        && graph.TryFloats(node.Inputs[2], out var r) && r.Dimensions.Count == 3;

    private void Quantize(ModelGraph graph, OnnxNode node)
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

    private (string Values, string Scale, string Zero) Weights(ModelGraph graph, string name, string basis)
    {
        var tensor = graph.Constant(name)!;
        var (directions, rows, columns) = ((int)tensor.Dimensions[0], (int)tensor.Dimensions[1], (int)tensor.Dimensions[2]);
        var values = new List<sbyte>();
        var scales = new List<float>();
        for (var d = 0; d < directions; d++)
        {
            var matrix = Turning.Of<float>(new FloatMemory(TensorContent.Bytes(tensor)).Memory.Slice(d * rows * columns, rows * columns), rows, columns);
            var quantized = ExactSums.Quantize(matrix, columns, rows, perTensor);
            values.AddRange(quantized.Values);
            scales.AddRange(quantized.Scales);
        }

        long[] shape = perTensor ? [directions] : [directions, rows];
        return (
            graph.AddConstant<sbyte>(basis, OnnxElementType.Int8, [directions, columns, rows], values.ToArray()),
            graph.AddConstant<float>($"{basis}_scale", OnnxElementType.Float, shape, scales.ToArray()),
            graph.AddConstant<sbyte>($"{basis}_zero", OnnxElementType.Int8, shape, new sbyte[scales.Count]));
    }
}
