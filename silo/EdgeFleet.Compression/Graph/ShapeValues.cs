using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// Follows shapes that a graph computes: exporters write Reshape(x, Concat(Gather(Shape(x), 0), 12, -1)) where a batch is free. A
/// number that is not known keeps its symbol on the way.
/// </summary>
internal static class ShapeValues
{
    /// <summary>The elements of a node's first output, of at most one dimension; null where they are no shape or not known.</summary>
    public static Dim[]? Of(ShapeQuestion q)
    {
        var node = q.Node;
        switch (node.OpType)
        {
            case "Shape" when q.Shape(0) is { } axes:
                return axes[ShapeRules.Axes(q.Node, axes.Length)];
            case "Identity" or "Squeeze" or "Unsqueeze" or "Reshape" or "Cast" when node.Int("to", 7) is 6 or 7:
                return q.Dims(0);
            case "Gather" when node.Int("axis", 0) == 0 && q.Dims(0) is { } all && q.Integers(1) is { } indices:
                return [.. indices.Select(i => i + (i < 0 ? all.Length : 0) is >= 0 and var at && at < all.Length ? all[at] : Dim.Unknown)];
            case "Slice" when q.Dims(0) is { } all && q.Integers(1) is [var start] && q.Integers(2) is [var end] && (!q.Has(4) || q.Integers(4) is [1]):
                var from = (int)Math.Clamp(start < 0 ? start + all.Length : start, 0, all.Length);
                return all[from..Math.Max(from, (int)Math.Clamp(end < 0 ? end + all.Length : end, 0, all.Length))];
            case "Concat":
                return Joined(q);
            case "Mul":
                return Zip(q, 0, 1, (a, b) => a.Value is { } left && b.Value is { } right ? new Dim(left * right) : b.Value == 1 ? a : a.Value == 1 ? b : Dim.Unknown);
            case "Equal":
                return Zip(q, 0, 1, AreEqual);
            case "ConstantOfShape" when q.Dims(0) is [{ Value: >= 0 and <= Dim.MostDimensions and var count }]:
                return Filled(node.Attribute("value")?.T, (int)count);
            case "Where" when q.Dims(0) is { } where && q.Dims(1) is { } yes && q.Dims(2) is { } no && yes.Length == where.Length && no.Length == where.Length:
                return [.. where.Select((w, i) => w.Value == 1 ? yes[i] : w.Value == 0 || yes[i] == no[i] ? no[i] : Dim.Unknown)];
            default:
                return null;
        }
    }

    /// <summary>1 for equal, 0 for not. A dimension is never negative, whatever it is.</summary>
    private static Dim AreEqual(Dim a, Dim b) =>
        a.Value is { } left && b.Value is { } right ? (left == right ? 1 : 0)
        : (a.Symbol is not null && b.Value < 0) || (b.Symbol is not null && a.Value < 0) ? 0
        : Dim.Unknown;

    private static Dim[]? Zip(ShapeQuestion q, int first, int second, Func<Dim, Dim, Dim> combine) =>
        q.Dims(first) is { } a && q.Dims(second) is { } b && (a.Length == b.Length || b.Length == 1) ? [.. a.Select((d, i) => combine(d, b[b.Length == 1 ? 0 : i]))] : null;

    private static Dim[]? Filled(OnnxTensor? value, int count)
    {
        try
        {
            return value is { ElementType: OnnxElementType.Int64 or OnnxElementType.Int32, IsExternal: false } && TensorContent.Integers(value) is [var fill]
                ? [.. Enumerable.Repeat(new Dim(fill), count)] : null;
        }
        catch (OnnxFormatException)
        {
            return null;
        }
    }

    private static Dim[]? Joined(ShapeQuestion q)
    {
        var joined = new List<Dim>();
        for (var i = 0; i < q.Node.Inputs.Count; i++)
        {
            if (q.Dims(i) is not { } part || joined.Count + part.Length > Dim.MostDimensions)
            {
                return null;
            }

            joined.AddRange(part);
        }

        return [.. joined];
    }
}
