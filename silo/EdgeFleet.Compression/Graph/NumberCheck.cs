using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Constants that are written as attributes rather than tensors must be as finite as those: all but single infinite numbers.</summary>
internal static class NumberCheck
{
    public static IEnumerable<ModelProblem> Of(OnnxModel model) =>
        TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes).Concat(model.Functions.SelectMany(f => f.Nodes))
            .Where(n => n.Is("Constant") && n.Attributes.Exists(IsBad))
            .Select(n => new ModelProblem("non-finite", n.Label, $"{n.Label} holds NaN or infinity."));

    private static bool IsBad(OnnxAttribute attribute) => attribute.Name switch
    {
        "value_float" => attribute.F is { } value && float.IsNaN(value),
        "value_floats" when attribute.Floats.Count == 1 => float.IsNaN(attribute.Floats[0]),
        "value_floats" => attribute.Floats.Exists(f => !float.IsFinite(f)),
        _ => false,
    };
}
