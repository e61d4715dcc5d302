using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>A model's inputs as the file declares them, for work that needs no runtime.</summary>
internal static class ModelInputs
{
    /// <returns>In the model's order, without those that have a default; a free dimension is -1, what is no tensor has no type.</returns>
    public static IReadOnlyList<ModelTensorInfo> Of(OnnxModel model)
    {
        var defaults = model.Graph.Initializers.Select(t => t.Name).ToHashSet();
        return [.. model.Graph.Inputs.Where(i => !defaults.Contains(i.Name)).Select(Info)];
    }

    private static ModelTensorInfo Info(OnnxValueInfo input) => new(
        input.Name ?? "",
        (OnnxElementType)(input.Type?.Tensor?.ElementType ?? 0),
        [.. (input.Type?.Tensor?.Shape?.Dimensions ?? []).Select(d => d.Value is >= 0 and var value ? value : -1)]);
}
