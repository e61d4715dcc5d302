using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>
/// Softmax | LogSoftmax | Hardmax (x, axis) -> the same with axis -1, where that is the last axis; else
/// Reshape(op(Flatten(x, axis), axis -1), Shape(x)).
/// Until opset 12 the input was taken as the matrix [d_0 … d_(axis-1), d_axis … d_n] (default axis 1), since 13 only the axis
/// itself counts (default -1).
/// </summary>
internal static class SoftmaxStep
{
    public static OpsetStep To13(string type) => new(13, type, Lift);

    private static void Lift(OnnxNode node, LiftScope scope)
    {
        var axis = node.Int("axis", 1);
        node.RemoveAttribute("axis");
        node.Attributes.Add(OnnxAttribute.Of("axis", -1));
        if (axis == -1 || (scope.RankOf(node.Inputs[0]) is { } rank && axis == rank - 1))
        {
            scope.Emit(node);
            return;
        }

        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var shape = scope.Emit("Shape", scope.Fresh($"{y}_shape"), [x]);
        node.Inputs[0] = scope.Emit("Flatten", scope.Fresh($"{y}_matrix"), [x], OnnxAttribute.Of("axis", axis));
        node.Outputs[0] = scope.Fresh($"{y}_rows");
        scope.Emit(node);
        scope.Emit("Reshape", y, [node.Outputs[0], shape]);
    }
}
