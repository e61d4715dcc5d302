using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Constant(value | value_float | value_int | value_floats | value_ints) -> initializer of the same name.
/// Conditions: dense, not a string, named, not itself a graph output.
/// </summary>
internal sealed class ConstantsToInitializers : IGraphPass
{
    public string Name => "constants-to-initializers";

    public bool Reveals => true;

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            if (node.Is("Constant") && node.Outputs[0].Length > 0 && !graph.IsOutput(node.Outputs[0]) && Value(node) is { } tensor)
            {
                graph.Remove(node);
                graph.AddConstant(tensor);
                changes++;
            }
        }

        return changes;
    }

    private static OnnxTensor? Value(OnnxNode node)
    {
        var attribute = node.Attributes.Find(a => a.Name?.StartsWith("value", StringComparison.Ordinal) == true);
        var name = node.Outputs[0];
        switch (attribute?.Name)
        {
            case "value" when attribute.T is { ElementType: not OnnxElementType.String } tensor:
                tensor.Name = name;
                return tensor;
            case "value_float" when attribute.F is { } value:
                return OnnxTensor.Of(name, OnnxElementType.Float, [], [value]);
            case "value_int" when attribute.I is { } value:
                return OnnxTensor.Of(name, OnnxElementType.Int64, [], [value]);
            case "value_floats":
                return OnnxTensor.Of<float>(name, OnnxElementType.Float, [attribute.Floats.Count], attribute.Floats.ToArray());
            case "value_ints":
                return OnnxTensor.Of<long>(name, OnnxElementType.Int64, [attribute.Ints.Count], attribute.Ints.ToArray());
            default:
                return null;
        }
    }
}
