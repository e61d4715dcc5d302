using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>
/// Dropout(x, ratio attribute) -> Dropout(x): in inference the ratio means nothing, and since opset 12 it is an input.
/// Condition: nothing uses the mask, whose type and content in inference have changed.
/// </summary>
internal static class DropoutStep
{
    public static readonly OpsetStep To12 = new(12, "Dropout", (node, scope) =>
    {
        node.RemoveAttribute("ratio");
        node.Outputs.RemoveRange(1, node.Outputs.Count - 1);
        scope.Emit(node);
    })
    {
        Obstacle = (node, scope) => node.Outputs.Skip(1).Any(o => o.Length > 0 && scope.IsUsed(o)) ? "its mask is used, whose meaning changed in opset 12" : null,
    };
}
