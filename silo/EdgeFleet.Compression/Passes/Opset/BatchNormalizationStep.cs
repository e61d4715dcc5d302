using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>
/// BatchNormalization(spatial = 1) -> the same without the attribute;
/// BatchNormalization(spatial = 0) -> (x - mean) / sqrt(var + epsilon) * scale + bias, with parameters of the shape of one sample.
/// Condition: test mode, which is one output (training outputs changed their meaning in opset 14).
/// </summary>
internal static class BatchNormalizationStep
{
    public static readonly OpsetStep To9 = new(9, "BatchNormalization", Lift)
    {
        Obstacle = (node, _) => node.Outputs.Skip(1).Any(o => o.Length > 0) ? "it is in training mode (more than one output)" : null,
    };

    private static void Lift(OnnxNode node, LiftScope scope)
    {
        var spatial = node.Int("spatial", 1) != 0;
        node.RemoveAttribute("spatial");
        if (spatial)
        {
            scope.Emit(node);
            return;
        }

        var y = node.Outputs[0];
        string Step(string type, string name, params string[] inputs) => scope.Emit(type, scope.Fresh($"{y}_{name}"), inputs);
        var epsilon = scope.Number($"{y}_epsilon", scope.TypeOf(node.Inputs[0]), node.Float("epsilon", 1e-5f));
        var deviation = Step("Sqrt", "deviation", Step("Add", "variance", node.Inputs[4], epsilon));
        var normal = Step("Div", "normal", Step("Sub", "centred", node.Inputs[0], node.Inputs[3]), deviation);
        scope.Emit("Add", y, [Step("Mul", "scaled", normal, node.Inputs[1]), node.Inputs[2]]);
    }
}
