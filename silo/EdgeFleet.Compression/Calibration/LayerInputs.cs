using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// The inputs of a layer as rows that meet its weights, written as nodes of the graph itself:
/// MatMul, Gemm: Reshape(x, [-1, K]); Conv: a Conv with one-hot kernels, one channel per weight (strides, pads and dilations as the
/// layer's own), laid out as [groups, columns, rows].
/// </summary>
internal sealed class LayerInputs
{
    /// <summary>A double of the sum and a float of the batch's own.</summary>
    public const int BytesPerElement = sizeof(double) + sizeof(float);

    private readonly OnnxTensor _weights;

    private LayerInputs(OnnxNode layer, OnnxTensor weights, int groups, long columns)
    {
        (Layer, _weights, Groups, Columns) = (layer, weights, groups, checked((int)columns));
    }

    public OnnxNode Layer { get; }

    public int Groups { get; }

    public int Columns { get; }

    public long MatrixBytes => (long)Groups * Columns * Columns * BytesPerElement;

    /// <summary>Null where the layer is not handled: see <see cref="GramCollector.IsCollectable"/>.</summary>
    public static LayerInputs? Of(ModelGraph graph, OnnxNode node)
    {
        if (!node.Is("MatMul", "Gemm", "Conv") || !graph.TryFloats(node.Inputs[1], out var weights) || weights.Count == 0)
        {
            return null;
        }

        var dimensions = weights.Dimensions;
        var found = node.OpType switch
        {
            "MatMul" when dimensions.Count == 2 => new LayerInputs(node, weights, 1, dimensions[0]),
            "Gemm" when dimensions.Count == 2 && node.Int("transA", 0) == 0 => new(node, weights, 1, dimensions[node.Int("transB", 0) == 0 ? 0 : 1]),
            "Conv" when dimensions.Count >= 3 => new(node, weights, (int)node.Int("group", 1), dimensions.Skip(1).Aggregate(1L, (p, d) => checked(p * d))),
            _ => null,
        };
        return found is { Groups: > 0 } && found.MatrixBytes / BytesPerElement <= Array.MaxLength ? found : null;
    }

    /// <summary>Adds the nodes that multiply the rows with themselves.</summary>
    /// <returns>Names of the matrix [groups, columns, columns], and of a shape whose last number counts the rows.</returns>
    public (string Gram, string Rows) Multiply(List<OnnxNode> nodes, string basis)
    {
        var x = Layer.Inputs[0];
        var (rows, columns) = ($"{basis}.rows", $"{basis}.columns");
        if (Layer.Is("Conv"))
        {
            var patches = _weights.Dimensions.Skip(2).All(d => d == 1) && Layer.Ints("strides")?.Exists(s => s != 1) != true && Layer.Ints("pads")?.Exists(p => p != 0) != true
                ? x
                : Patches(nodes, basis);
            Add(nodes, "Reshape", [patches, Integers(nodes, $"{basis}.shape", [0, Groups, Columns, -1])], $"{basis}.grouped");
            Add(nodes, "Transpose", [$"{basis}.grouped"], $"{basis}.moved", OnnxAttribute.Of("perm", [1, 2, 0, 3]));
            Add(nodes, "Reshape", [$"{basis}.moved", Integers(nodes, $"{basis}.flat", [Groups, Columns, -1])], columns);
            Add(nodes, "Transpose", [columns], rows, OnnxAttribute.Of("perm", [0, 2, 1]));
        }
        else
        {
            Add(nodes, "Reshape", [x, Integers(nodes, $"{basis}.shape", [-1, Columns])], rows);
            Add(nodes, "Transpose", [rows], columns, OnnxAttribute.Of("perm", [1, 0]));
        }

        Add(nodes, "MatMul", [columns, rows], basis);
        Add(nodes, "Shape", [columns], $"{basis}.count");
        return (basis, $"{basis}.count");
    }

    private string Patches(List<OnnxNode> nodes, string basis)
    {
        var kernel = (int)_weights.Dimensions.Skip(2).Aggregate(1L, (p, d) => checked(p * d));
        var channels = Columns / kernel * Groups;
        var ones = new float[checked(channels * kernel * kernel)];
        for (var c = 0; c < channels; c++)
        {
            for (var k = 0; k < kernel; k++)
            {
                ones[(((c * kernel) + k) * kernel) + k] = 1;
            }
        }

        var picks = OnnxTensor.Of<float>($"{basis}.picks", OnnxElementType.Float, [channels * kernel, 1, .. _weights.Dimensions.Skip(2)], ones);
        Add(nodes, "Constant", [], picks.Name!, OnnxAttribute.Of("value", picks));
        return Add(
            nodes, "Conv", [Layer.Inputs[0], picks.Name!], $"{basis}.patches", [.. Layer.Attributes.Where(a => a.Name != "group"), OnnxAttribute.Of("group", channels)]);
    }

    private static string Integers(List<OnnxNode> nodes, string name, ReadOnlySpan<long> values) =>
        Add(nodes, "Constant", [], name, OnnxAttribute.Of("value", OnnxTensor.Of(name, OnnxElementType.Int64, [values.Length], values)));

    private static string Add(List<OnnxNode> nodes, string type, List<string> inputs, string output, params OnnxAttribute[] attributes)
    {
        nodes.Add(new OnnxNode { OpType = type, Inputs = inputs, Outputs = [output], Attributes = [.. attributes] });
        return output;
    }
}
