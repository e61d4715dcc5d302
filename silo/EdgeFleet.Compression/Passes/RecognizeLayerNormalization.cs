using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// d = x - ReduceMean(x); d / Sqrt(ReduceMean(d * d) + epsilon) * scale + shift -> LayerNormalization(x, scale, shift).
/// Conditions: opset 17 or later; the mean is over the last axis and kept; epsilon is a constant scalar, scale and shift are constants
/// of that axis's length; values in between have no other use.
/// ONNX Runtime 1.30 finds the same by itself when it loads a model, so time stays; the file has eight nodes less for each, and what
/// keeps numbers of higher precision inside a normalization keeps them inside this one. Lifting the opset for it does not pay.
/// </summary>
/// <param name="facts">Shapes.</param>
internal sealed class RecognizeLayerNormalization(ValueFacts facts) : IGraphPass
{
    private const int FirstOpset = 17;

    public string Name => "recognize-layer-normalization";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var add in graph.Opset < FirstOpset ? [] : graph.Nodes.Where(n => n.Is("Add")))
        {
            if (Match(graph, add) is { } found)
            {
                found.Nodes.ForEach(graph.Remove);
                graph.Add(new OnnxNode
                {
                    OpType = "LayerNormalization",
                    Name = add.Name,
                    Inputs = [found.X, found.Scale, found.Shift],
                    Outputs = [add.Outputs[0]],
                    Attributes = [OnnxAttribute.Of("axis", -1), OnnxAttribute.Of("epsilon", found.Epsilon)],
                });
                changes++;
            }
        }

        return changes;
    }

    private Found? Match(ModelGraph graph, OnnxNode add)
    {
        if (WithConstant(graph, add) is not var (mul, shift) || !mul.Is("Mul") || WithConstant(graph, mul) is not var (div, scale) || !div.Is("Div")
            || graph.Producer(div.Inputs[0]) is not { } centred || !centred.Is("Sub")
            || Single(graph, div.Inputs[1]) is not { } root || !root.Is("Sqrt")
            || Single(graph, root.Inputs[0]) is not { } plus || !plus.Is("Add") || WithConstant(graph, plus) is not var (variance, epsilon)
            || epsilon.Count != 1 || epsilon.Dimensions.Count > 1
            || Single(graph, variance.Inputs[0]) is not { } square || !IsSquare(graph, square) || graph.Producer(square.Inputs[0]) is not { } again
            || Single(graph, centred.Inputs[1], again == centred ? 1 : 2) is not { } mean || mean.Inputs[0] != centred.Inputs[0])
        {
            return null;
        }

        var x = centred.Inputs[0];
        var uses = square.Is("Mul") ? 2 : 1;
        if ((again != centred && !(again.Is("Sub") && again.Inputs.SequenceEqual(centred.Inputs) && IsInner(graph, again.Outputs[0], uses)))
            || !IsInner(graph, centred.Outputs[0], again == centred ? uses + 1 : 1)
            || facts.ShapeOf(x) is not { } shape || !facts.IsFloat(x)
            || !IsMean(graph, mean, shape.Count) || !IsMean(graph, variance, shape.Count) || !Fits(scale, shape[^1]) || !Fits(shift, shape[^1]))
        {
            return null;
        }

        return new(x, scale.Name!, shift.Name!, TensorContent.Floats(epsilon)[0], [.. new[] { add, mul, div, root, plus, variance, square, mean, centred, again }.Distinct()]);
    }

    private static bool Fits(OnnxTensor constant, long length) => constant.Dimensions.Count == 1 && constant.Dimensions[0] == length;

    /// <summary>The other operand's only producer, and the constant.</summary>
    private static (OnnxNode Other, OnnxTensor Constant)? WithConstant(ModelGraph graph, OnnxNode node)
    {
        var side = graph.TryFloats(node.Inputs[1], out var constant) ? 0 : graph.TryFloats(node.Inputs[0], out constant) ? 1 : -1;
        return side >= 0 && Single(graph, node.Inputs[side]) is { } other ? (other, constant!) : null;
    }

    private static OnnxNode? Single(ModelGraph graph, string value, int uses = 1) => IsInner(graph, value, uses) ? graph.Producer(value) : null;

    private static bool IsInner(ModelGraph graph, string value, int uses) =>
        graph.Consumers(value).Count == uses && !graph.IsCaptured(value) && !graph.IsOutput(value);

    private static bool IsSquare(ModelGraph graph, OnnxNode node) =>
        (node.Is("Mul") && node.Inputs[0] == node.Inputs[1])
        || (node.Is("Pow") && graph.TryFloats(node.Inputs[1], out var power) && power.Count == 1 && power.Dimensions.Count <= 1 && TensorContent.Floats(power)[0] == 2);

    private static bool IsMean(ModelGraph graph, OnnxNode node, int rank)
    {
        var axes = node.Ints("axes")
            ?? (graph.TryConstant(node.InputOrEmpty(1), out var constant) && constant.ElementType == OnnxElementType.Int64 ? [.. TensorContent.Integers(constant)] : null);
        return node.Is("ReduceMean") && node.Int("keepdims", 1) != 0 && axes is [var axis] && (axis == -1 || axis == rank - 1);
    }

    private sealed record Found(string X, string Scale, string Shift, float Epsilon, List<OnnxNode> Nodes);
}
