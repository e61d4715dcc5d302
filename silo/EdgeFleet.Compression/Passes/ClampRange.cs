using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>An operator that cuts its one input to a range.</summary>
/// <param name="Value">What it cuts.</param>
/// <param name="Low">Least result; minus infinity where there is none.</param>
/// <param name="High">Largest result; infinity where there is none.</param>
internal readonly record struct ClampRange(string Value, float Low, float High)
{
    /// <summary>
    /// Relu, Clip with constant bounds, Min and Max of a value and a constant scalar. Null for others, and where the bounds are out of
    /// order, which runtimes treat differently.
    /// </summary>
    public static ClampRange? Of(ModelGraph graph, OnnxNode node)
    {
        ClampRange? range = null;
        if (node.Is("Relu"))
        {
            range = new(node.Inputs[0], 0, float.PositiveInfinity);
        }
        else if (node.Is("Clip"))
        {
            range = new(node.Inputs[0], Bound(graph, node, "min", 1, float.NegativeInfinity), Bound(graph, node, "max", 2, float.PositiveInfinity));
        }
        else if (node.Is("Min", "Max") && node.Inputs.Count == 2)
        {
            var side = Scalar(graph, node.Inputs[1]) is null ? 0 : 1;
            if (Scalar(graph, node.Inputs[side]) is { } bound && graph.Constant(node.Inputs[1 - side]) is null)
            {
                range = node.Is("Min") ? new(node.Inputs[1 - side], float.NegativeInfinity, bound) : new(node.Inputs[1 - side], bound, float.PositiveInfinity);
            }
        }

        return range is { } found && found.Low <= found.High ? range : null;
    }

    /// <summary>This range applied to what <paramref name="inner"/> gave: clamp(clamp(x, a, b), c, d) = clamp(x, clamp(a, c, d), clamp(b, c, d)).</summary>
    public ClampRange After(ClampRange inner) => new(inner.Value, Math.Clamp(inner.Low, Low, High), Math.Clamp(inner.High, Low, High));

    private static float Bound(ModelGraph graph, OnnxNode clip, string attribute, int input, float open)
    {
        var name = clip.InputOrEmpty(input);
        return name.Length == 0 ? clip.Float(attribute, open) : Scalar(graph, name) ?? float.NaN;
    }

    private static float? Scalar(ModelGraph graph, string name) =>
        graph.TryFloats(name, out var tensor) && tensor.Count == 1 ? TensorContent.Floats(tensor)[0] : null;
}
