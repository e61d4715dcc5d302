namespace EdgeFleet.Compression.Graph;

/// <summary>Shape rules of operators that take parts of a tensor or join tensors.</summary>
internal static partial class ShapeRules
{
    public static IReadOnlyList<Dim[]?> Concat(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } first || Axis(q, first.Length) is not { } axis)
        {
            return [null];
        }

        var result = first.ToArray();
        for (var i = 1; i < q.Node.Inputs.Count; i++)
        {
            if (q.Shape(i) is not { } next)
            {
                return [null];
            }

            if (next.Length != first.Length || Enumerable.Range(0, first.Length).Any(d => d != axis && next[d].Contradicts(first[d])))
            {
                return q.Contradiction($"{ShapeQuestion.Text(first)} and {ShapeQuestion.Text(next)} do not join at axis {axis}");
            }

            result[axis] = result[axis].Value is { } a && next[axis].Value is { } b ? a + b : Dim.Unknown;
            for (var d = 0; d < result.Length; d++)
            {
                result[d] = d == axis || result[d].IsKnown || result[d].Symbol is not null ? result[d] : next[d];
            }
        }

        return [result];
    }

    public static IReadOnlyList<Dim[]?> Split(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || Axis(q, x.Length) is not { } axis)
        {
            return [null];
        }

        Dim[] Part(Dim size) => [.. x[..axis], size, .. x[(axis + 1)..]];
        var equal = Part(q.Integers("split", 1, []) is { Length: 0 } && x[axis].Value is { } all && all % q.Node.Outputs.Count == 0 ? all / q.Node.Outputs.Count : Dim.Unknown);
        var sizes = q.Integers("split", 1, []) ?? [];
        return [.. q.Node.Outputs.Select((_, i) => i < sizes.Length ? Part(sizes[i]) : equal)];
    }

    public static IReadOnlyList<Dim[]?> Gather(ShapeQuestion q) =>
        q.Shape(0) is { } x && q.Shape(1) is { } indices && Axis(q, x.Length) is { } axis ? [[.. x[..axis], .. indices, .. x[(axis + 1)..]]] : [null];

    public static IReadOnlyList<Dim[]?> Slice(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x)
        {
            return [null];
        }

        var (starts, ends) = (q.Integers("starts", 1, null), q.Integers("ends", 2, null));
        var axes = q.Integers("axes", 3, starts is null ? null : [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)]);
        var steps = q.Has(4) ? q.Integers(4) : starts is null ? null : [.. starts.Select(_ => 1L)];
        if (starts is null || ends is null || axes is null || steps is null || starts.Length != axes.Length || ends.Length != axes.Length || steps.Length != axes.Length)
        {
            return [new Dim[x.Length]];
        }

        var result = x.ToArray();
        var at = Positive(axes, x.Length);
        for (var i = 0; i < axes.Length; i++)
        {
            if (at[i] < 0 || at[i] >= x.Length || steps[i] == 0)
            {
                return q.Contradiction($"axis {axes[i]} of {ShapeQuestion.Text(x)}");
            }

            result[at[i]] = x[at[i]].Value is { } size && steps[i] > 0 ? Taken(size, starts[i], ends[i], steps[i]) : Dim.Unknown;
        }

        return [result];
    }

    private static long Taken(long size, long start, long end, long step)
    {
        start = Math.Clamp(start < 0 ? start + size : start, 0, size);
        end = Math.Clamp(end < 0 ? end + size : end, 0, size);
        return Math.Max(0, (end - start + step - 1) / step);
    }
}
