using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>
/// All changes of ai.onnx 8 to 23 that are more than new types, attributes with the old meaning as default, or new operators.
/// Source: the operators' change log of the ONNX project.
/// </summary>
internal static class OpsetSteps
{
    private static readonly OpsetStep[] s_all =
    [
        OpsetStep.Refused(9, "Scan", "Scan lost its batch dimension in opset 9"),
        BatchNormalizationStep.To9,
        OpsetStep.InPlace(10, "Slice", (node, scope) =>
        {
            scope.MoveInts(node, "starts", 1);
            scope.MoveInts(node, "ends", 2);
            scope.MoveInts(node, "axes", 3);
        }),
        OpsetStep.InPlace(10, "TopK", (node, scope) =>
        {
            var k = node.Int("k", 1);
            node.RemoveAttribute("k");
            LiftScope.SetInput(node, 1, scope.Constant($"{LiftScope.Basis(node)}_k", OnnxElementType.Int64, [1], [k]));
        }),
        ResizeSteps.Upsample,
        ResizeSteps.Resize,
        OpsetStep.InPlace(11, "Scatter", (node, _) => node.OpType = "ScatterElements"),
        OpsetStep.InPlace(11, "Clip", (node, scope) =>
        {
            scope.MoveFloat(node, "min", 1);
            scope.MoveFloat(node, "max", 2);
        }),
        OpsetStep.InPlace(11, "Pad", (node, scope) =>
        {
            scope.MoveInts(node, "pads", 1);
            scope.MoveFloat(node, "value", 2);
        }),
        DropoutStep.To12,
        OpsetStep.InPlace(13, "Unsqueeze", (node, scope) => scope.MoveInts(node, "axes", 1)),
        OpsetStep.InPlace(13, "Squeeze", (node, scope) => MoveNonEmpty(node, scope, "axes", 1)),
        OpsetStep.InPlace(13, "ReduceSum", (node, scope) => MoveNonEmpty(node, scope, "axes", 1)),
        OpsetStep.InPlace(13, "Split", (node, scope) => MoveNonEmpty(node, scope, "split", 1)),
        ResizeSteps.TfHalfPixel,
        SoftmaxStep.To13("Softmax"),
        SoftmaxStep.To13("LogSoftmax"),
        SoftmaxStep.To13("Hardmax"),
        OpsetStep.InPlace(16, "RoiAlign", (node, _) =>
        {
            if (node.Attribute("coordinate_transformation_mode") is null)
            {
                node.Attributes.Add(OnnxAttribute.Of("coordinate_transformation_mode", "output_half_pixel"));
            }
        }),
        .. from type in new[] { "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare" }
           select OpsetStep.InPlace(18, $"Reduce{type}", (node, scope) => MoveNonEmpty(node, scope, "axes", 1)),
        OpsetStep.InPlace(18, "Split", (node, _) =>
        {
            if (node.InputOrEmpty(1).Length == 0)
            {
                node.Attributes.Add(OnnxAttribute.Of("num_outputs", (long)node.Outputs.Count));
            }
        }),
        OpsetStep.InPlace(20, "GridSample", (node, _) => Rename(node, "mode", ("bilinear", "linear"), ("bicubic", "cubic"))),
        OpsetStep.InPlace(20, "DFT", (node, scope) =>
        {
            // The default axis was the first after the batch, and is the last but one since.
            var axis = node.Int("axis", 1);
            node.RemoveAttribute("axis");
            LiftScope.SetInput(node, 2, scope.Constant($"{LiftScope.Basis(node)}_axis", OnnxElementType.Int64, [], [axis]));
        }),
        OpsetStep.Refused(21, "GroupNormalization", "its scale and bias were per group and are per channel since opset 21"),
    ];

    private static readonly Dictionary<(int, string), OpsetStep> s_byOperator = s_all.ToDictionary(s => (s.Version, s.Operator));

    /// <summary>Versions with steps, ascending.</summary>
    public static IReadOnlyList<int> Versions { get; } = [.. s_all.Select(s => s.Version).Distinct().Order()];

    /// <summary>The step of an ai.onnx operator to a version; null where it means the same as before.</summary>
    public static OpsetStep? Of(OnnxNode node, int version) =>
        node.Is(node.OpType) ? s_byOperator.GetValueOrDefault((version, node.OpType)) : null;

    /// <summary>An empty list means the same as none, and must not become an input.</summary>
    private static void MoveNonEmpty(OnnxNode node, LiftScope scope, string attribute, int input)
    {
        if (node.Ints(attribute) is { Count: 0 })
        {
            node.RemoveAttribute(attribute);
        }

        scope.MoveInts(node, attribute, input);
    }

    private static void Rename(OnnxNode node, string attribute, params (string From, string To)[] names)
    {
        var value = node.Text(attribute, names[0].From);
        foreach (var (_, to) in names.Where(n => n.From == value))
        {
            node.RemoveAttribute(attribute);
            node.Attributes.Add(OnnxAttribute.Of(attribute, to));
        }
    }
}
