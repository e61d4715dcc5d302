using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>
/// Upsample(x, scales), Resize-10(x, scales) -> Resize-11(x, none, scales) with coordinates "asymmetric" and, where it picks the
/// nearest pixel, "floor" (enlarging) or "ceil" (shrinking, where the runtime rounds up).
/// Conditions: a nearest Resize-10 has constant scales, all at least or all at most 1; no Resize of 11 or 12 uses the coordinates
/// "tf_half_pixel_for_nn", which 13 took away.
/// </summary>
internal static class ResizeSteps
{
    /// <summary>Upsample only enlarges. (10 deprecated it; some files have it there all the same.)</summary>
    public static readonly OpsetStep Upsample = new(11, "Upsample", (node, scope) =>
    {
        var scales = node.InputOrEmpty(1);
        if (node.Attribute("scales") is { } attribute)
        {
            scales = scope.Constant<float>($"{node.Outputs[0]}_scales", OnnxElementType.Float, [attribute.Floats.Count], attribute.Floats.ToArray());
        }

        Emit(node, scope, scales, "floor");
    });

    public static readonly OpsetStep Resize = new(11, "Resize", (node, scope) => Emit(node, scope, node.Inputs[1], NearestMode(node, scope)!))
    {
        Obstacle = (node, scope) => NearestMode(node, scope) is null ? "it picks the nearest pixel by scales that are not constant, or both enlarges and shrinks" : null,
    };

    public static readonly OpsetStep TfHalfPixel = new(13, "Resize", (node, scope) => scope.Emit(node))
    {
        Obstacle = (node, _) => node.Text("coordinate_transformation_mode", "half_pixel") == "tf_half_pixel_for_nn"
            ? "the coordinates tf_half_pixel_for_nn were taken out of opset 13" : null,
    };

    /// <summary>Null where it is not known.</summary>
    private static string? NearestMode(OnnxNode node, LiftScope scope)
    {
        if (node.Text("mode", "nearest") != "nearest")
        {
            return "floor";
        }

        if (scope.ConstantOf(node.Inputs[1]) is not { ElementType: OnnxElementType.Float } constant)
        {
            return null;
        }

        var (enlarges, shrinks) = (false, false);
        foreach (var scale in TensorContent.Floats(constant))
        {
            enlarges |= scale > 1;
            shrinks |= scale < 1;
        }

        return enlarges && shrinks ? null : shrinks ? "ceil" : "floor";
    }

    private static void Emit(OnnxNode node, LiftScope scope, string scales, string nearest)
    {
        var mode = node.Text("mode", "nearest");
        scope.Emit(new OnnxNode
        {
            OpType = "Resize",
            Name = node.Name,
            Inputs = [node.Inputs[0], scope.Constant<float>($"{node.Outputs[0]}_roi", OnnxElementType.Float, [0], []), scales],
            Outputs = node.Outputs,
            Attributes =
            [
                OnnxAttribute.Of("mode", mode),
                OnnxAttribute.Of("coordinate_transformation_mode", "asymmetric"),
                OnnxAttribute.Of("nearest_mode", nearest),
            ],
        });
    }
}
