using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// Constants that are written as attributes rather than tensors must be as finite as those: all but single infinite numbers.
/// What a call gives to a function, and what a function takes when nothing is given, becomes a constant within it.
/// </summary>
internal static class NumberCheck
{
    public static IEnumerable<ModelProblem> Of(OnnxModel model)
    {
        var functions = new FunctionTable(model);
        return Nodes(model.Graph.Nodes).Concat(model.Functions.SelectMany(f => Nodes(f.Nodes)))
            .Where(n => (n.Is("Constant") || functions.Called(n) is not null) && n.Attributes.Exists(IsBad))
            .Select(n => new ModelProblem("non-finite", n.Label, $"{n.Label} holds NaN or infinity."))
            .Concat(model.Functions.Where(f => f.Attributes.Exists(IsBad))
                .Select(f => new ModelProblem("non-finite", f.Name ?? "", $"The function '{f.Name}' has an attribute of NaN or infinity.")));
    }

    private static IEnumerable<OnnxNode> Nodes(List<OnnxNode> nodes) =>
        nodes.Concat(nodes.SelectMany(n => n.Subgraphs).SelectMany(TensorWalk.Graphs).SelectMany(g => g.Nodes));

    private static bool IsBad(OnnxAttribute attribute) =>
        (attribute.F is { } value && float.IsNaN(value))
        || (attribute.Floats.Count == 1 ? float.IsNaN(attribute.Floats[0]) : attribute.Floats.Exists(f => !float.IsFinite(f)));
}
