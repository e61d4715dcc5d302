using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>Finds the constant number among two operands, and follows values that have one use.</summary>
/// <param name="graph">The graph.</param>
/// <param name="facts">Ranks: a number of shape [1] makes a value without dimensions one of rank 1, and does not count then.</param>
internal sealed class ScalarOperand(ModelGraph graph, ValueFacts facts)
{
    /// <summary>The other operand where one is a float number; Sub and Div only with the number second.</summary>
    public (string Other, float Number)? Of(OnnxNode node)
    {
        if (node.Inputs.Count != 2)
        {
            return null;
        }

        var side = graph.TryFloats(node.Inputs[1], out var constant) ? 1 : node.Is("Add", "Mul") && graph.TryFloats(node.Inputs[0], out constant) ? 0 : -1;
        return side >= 0 && constant!.Count == 1 && (constant.Dimensions.Count == 0 || facts.RankOf(node.Inputs[1 - side]) >= constant.Dimensions.Count)
            ? (node.Inputs[1 - side], TensorContent.Floats(constant)[0])
            : null;
    }

    /// <summary>The other operand where the node is of this type and the number is this one, to float's precision.</summary>
    public string? Of(OnnxNode? node, string type, double number) =>
        node?.Is(type) == true && Of(node) is var (other, given) && Math.Abs(given - number) <= 1e-6 * Math.Abs(number) ? other : null;

    /// <summary>What the node divides by this number, or multiplies by its reciprocal.</summary>
    public string? Divided(OnnxNode? node, double number) => Of(node, "Div", number) ?? Of(node, "Mul", 1 / number);

    /// <summary>The producer of a value that nothing else uses.</summary>
    public OnnxNode? Producer(string? value) => value is not null && graph.HasSingleUse(value) ? graph.Producer(value) : null;
}
