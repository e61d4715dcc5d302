using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Shape rules of operators that move elements, and of reductions.</summary>
internal static partial class ShapeRules
{
    /// <summary>[d_0 .. d_n] -> [d_0 * .. * d_(axis-1), d_axis * .. * d_n].</summary>
    public static IReadOnlyList<Dim[]?> Flatten(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x)
        {
            return [[Dim.Unknown, Dim.Unknown]];
        }

        var axis = (int)q.Node.Int("axis", 1);
        axis += axis < 0 ? x.Length : 0;
        return axis < 0 || axis > x.Length ? q.Contradiction($"axis {axis} of {ShapeQuestion.Text(x)}") : [[Product(x.AsSpan(0, axis)), Product(x.AsSpan(axis))]];
    }

    /// <summary>The constant shape asked for; 0 copies, -1 takes what is left.</summary>
    public static IReadOnlyList<Dim[]?> Reshape(ShapeQuestion q)
    {
        if (q.Dims(1) is not { } asked)
        {
            return [q.Shape(1) is [{ Value: { } rank and <= Dim.MostDimensions }] ? new Dim[rank] : null];
        }

        var x = q.Shape(0);
        var result = new Dim[asked.Length];
        for (var i = 0; i < asked.Length; i++)
        {
            result[i] = asked[i].Value switch
            {
                null or > 0 => asked[i],
                0 when q.Node.Int("allowzero", 0) != 0 => 0,
                0 when i < x?.Length => x[i],
                _ => Dim.Unknown,
            };
        }

        if (x is not null)
        {
            Fill(result, Array.FindIndex(asked, d => d.Value == -1), x);
            if (Product(x).Contradicts(Product(result)))
            {
                return q.Contradiction($"{ShapeQuestion.Text(x)} does not reshape to [{string.Join(", ", asked)}]");
            }
        }

        return [result];
    }

    /// <summary>The input and the shape asked for broadcast.</summary>
    public static IReadOnlyList<Dim[]?> Expand(ShapeQuestion q)
    {
        if (q.Dims(1) is not { } asked || asked.Any(d => d.Value < 0))
        {
            return [null];
        }

        var (shape, fits) = Broadcast(q.Shape(0), asked);
        return fits ? [shape] : q.Contradiction($"{ShapeQuestion.Text(q.Shape(0))} does not expand to {ShapeQuestion.Text(asked)}");
    }

    public static IReadOnlyList<Dim[]?> Transpose(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x)
        {
            return [null];
        }

        var order = q.Node.Ints("perm") ?? [.. Enumerable.Range(0, x.Length).Reverse().Select(i => (long)i)];
        return order.Count != x.Length || !order.Order().SequenceEqual(Enumerable.Range(0, x.Length).Select(i => (long)i))
            ? q.Contradiction($"the order [{string.Join(", ", order)}] does not fit {ShapeQuestion.Text(x)}")
            : [[.. order.Select(i => x[i])]];
    }

    public static IReadOnlyList<Dim[]?> Squeeze(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Integers("axes", 1, []) is not { } axes || (axes.Length == 0 && x.Any(d => !d.IsKnown)))
        {
            return [null];
        }

        var gone = axes.Length == 0 ? [.. Enumerable.Range(0, x.Length).Where(i => x[i].Value == 1)] : Positive(axes, x.Length);
        return gone.FirstOrDefault(i => i < 0 || i >= x.Length || x[i].Contradicts(1), -1) is >= 0 and var wrong
            ? q.Contradiction($"axis {wrong} of {ShapeQuestion.Text(x)} is not 1") : [[.. x.Where((_, i) => !gone.Contains(i))]];
    }

    public static IReadOnlyList<Dim[]?> Unsqueeze(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Integers("axes", 1, null) is not { } axes)
        {
            return [null];
        }

        var added = Positive(axes, x.Length + axes.Length);
        var rest = new Queue<Dim>(x);
        return added.Distinct().Count() != added.Count || added.Exists(a => a < 0 || a >= x.Length + axes.Length)
            ? q.Contradiction($"axes [{string.Join(", ", axes)}] do not fit {ShapeQuestion.Text(x)}")
            : [[.. Enumerable.Range(0, x.Length + axes.Length).Select(i => added.Contains(i) ? 1 : rest.Dequeue())]];
    }

    public static IReadOnlyList<Dim[]?> Pad(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Has(3) || q.Integers("pads", 1, null) is not { } pads || pads.Length != 2 * x.Length)
        {
            return [q.Shape(0) is { } same ? new Dim[same.Length] : null];
        }

        return [[.. x.Select((d, i) => pads[i] + pads[i + x.Length] is 0 ? d : d.Value is { } size ? size + pads[i] + pads[i + x.Length] : Dim.Unknown)]];
    }

    /// <summary>As many numbers as axes, or as axes from start to end.</summary>
    public static IReadOnlyList<Dim[]?> Shape(ShapeQuestion q) => [[q.Shape(0) is { } x ? Axes(q.Node, x.Length).GetOffsetAndLength(x.Length).Length : Dim.Unknown]];

    /// <summary>The axes that a Shape node gives, from its attributes start and end.</summary>
    public static Range Axes(OnnxNode node, int rank)
    {
        var from = At(node.Int("start", 0));
        return from..Math.Max(from, At(node.Int("end", rank)));

        int At(long axis) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
    }

    public static IReadOnlyList<Dim[]?> Reduce(ShapeQuestion q)
    {
        var keep = q.Node.Int("keepdims", 1) != 0;
        if (q.Shape(0) is not { } x || q.Integers("axes", 1, []) is not { } axes || q.Node.Int("noop_with_empty_axes", 0) != 0)
        {
            return [keep && q.Shape(0) is { } same ? new Dim[same.Length] : null];
        }

        var gone = axes.Length == 0 ? [.. Enumerable.Range(0, x.Length)] : Positive(axes, x.Length);
        return gone.Exists(a => a < 0 || a >= x.Length) ? q.Contradiction($"axes [{string.Join(", ", axes)}] of {ShapeQuestion.Text(x)}")
            : [[.. x.Select((d, i) => gone.Contains(i) ? 1 : d).Where((_, i) => keep || !gone.Contains(i))]];
    }

    public static IReadOnlyList<Dim[]?> Resize(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Node.Attribute("axes") is not null || q.Opset < 11)
        {
            return [q.Shape(0) is { } same ? new Dim[same.Length] : null];
        }

        return q.Integers(3) is { } sizes && sizes.Length == x.Length && q.Node.Text("keep_aspect_ratio_policy", "stretch") == "stretch" ? [[.. sizes.Select(s => (Dim)s)]]
            : q.Floats(2) is { } scales && scales.Length == x.Length ? [[.. x.Select((d, i) => scales[i] == 1 ? d : d.Value is { } size ? (long)Math.Floor(size * scales[i]) : Dim.Unknown)]]
            : [new Dim[x.Length]];
    }

    private static int? Axis(ShapeQuestion q, int rank) => (int)q.Node.Int("axis", 0) is var axis && axis + (axis < 0 ? rank : 0) is var at && at >= 0 && at < rank ? at : null;

    private static List<int> Positive(long[] axes, int rank) => [.. axes.Select(a => (int)(a < 0 ? a + rank : a))];

    /// <summary>The number of elements; the one symbol that is left where all else is 1.</summary>
    private static Dim Product(ReadOnlySpan<Dim> shape)
    {
        Dim product = 1;
        foreach (var d in shape)
        {
            product = product.Value is { } a && d.Value is { } b ? (a == 0 || b <= long.MaxValue / Math.Max(1, a) ? a * b : Dim.Unknown)
                : product.Value == 1 ? d
                : d.Value == 1 ? product
                : Dim.Unknown;
        }

        return product;
    }

    /// <summary>What -1 stands for, where all else is known or stands on both sides.</summary>
    private static void Fill(Dim[] result, int index, Dim[] x)
    {
        if (index < 0)
        {
            return;
        }

        var symbols = new List<string?>(x.Where(d => !d.IsKnown).Select(d => d.Symbol));
        var rest = 1L;
        foreach (var d in result.Where((_, i) => i != index))
        {
            if (d.Value is { } value)
            {
                rest *= Math.Max(1, value);
            }
            else if (d.Symbol is null || !symbols.Remove(d.Symbol))
            {
                return;
            }
        }

        var known = x.Where(d => d.IsKnown).Aggregate(1L, (product, d) => product * d.Value!.Value);
        result[index] = rest <= 0 ? Dim.Unknown : symbols.Count == 0 && known % rest == 0 ? known / rest
            : symbols is [{ } single] && known == rest ? new Dim(null, single)
            : Dim.Unknown;
    }
}
