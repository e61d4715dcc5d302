namespace EdgeFleet.Compression.Graph;

/// <summary>Shape rules of arithmetic: element by element, and products.</summary>
internal static partial class ShapeRules
{
    /// <summary>Every output like the first input.</summary>
    public static IReadOnlyList<Dim[]?> Same(ShapeQuestion q) => [.. q.Node.Outputs.Select(_ => q.Shape(0))];

    /// <summary>The first output like the first input; others are not inferred.</summary>
    public static IReadOnlyList<Dim[]?> FirstSame(ShapeQuestion q) => [q.Shape(0)];

    /// <summary>All inputs broadcast against each other, from the last dimension on.</summary>
    public static IReadOnlyList<Dim[]?> Broadcast(ShapeQuestion q)
    {
        var result = q.Shape(0);
        for (var i = 1; i < q.Node.Inputs.Count; i++)
        {
            var (shape, fits) = Broadcast(result, q.Shape(i));
            if (!fits)
            {
                return q.Contradiction($"{ShapeQuestion.Text(result)} and {ShapeQuestion.Text(q.Shape(i))} do not broadcast");
            }

            result = shape;
        }

        return [result];
    }

    /// <summary>A [.., M, K], B [.., K, N] -> [.., M, N]; a vector counts as a matrix of one row or column, which is left out again.</summary>
    public static IReadOnlyList<Dim[]?> MatMul(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } a || q.Shape(1) is not { } b)
        {
            return [null];
        }

        if (a.Length == 0 || b.Length == 0)
        {
            return q.Contradiction("a scalar cannot be multiplied as a matrix");
        }

        var (inner, rows) = (a[^1], b.Length == 1 ? b[0] : b[^2]);
        if (inner.Contradicts(rows))
        {
            return q.Contradiction($"{ShapeQuestion.Text(a)} times {ShapeQuestion.Text(b)}: {inner} columns meet {rows} rows");
        }

        var (batch, fits) = Broadcast(a.Length > 2 ? a[..^2] : [], b.Length > 2 ? b[..^2] : []);
        return !fits ? q.Contradiction($"the batches of {ShapeQuestion.Text(a)} and {ShapeQuestion.Text(b)} do not broadcast")
            : [[.. batch!, .. a.Length > 1 ? a[^2..^1] : [], .. b.Length > 1 ? b[^1..] : []]];
    }

    /// <summary>A [M, K], B [K, N], transposed where the attributes say so -> [M, N]; C broadcasts to it.</summary>
    public static IReadOnlyList<Dim[]?> Gemm(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } a || q.Shape(1) is not { } b)
        {
            return [null];
        }

        if (a.Length != 2 || b.Length != 2)
        {
            return q.Contradiction($"Gemm multiplies matrices, not {ShapeQuestion.Text(a)} and {ShapeQuestion.Text(b)}");
        }

        var (m, k) = q.Node.Int("transA", 0) != 0 ? (a[1], a[0]) : (a[0], a[1]);
        var (rows, n) = q.Node.Int("transB", 0) != 0 ? (b[1], b[0]) : (b[0], b[1]);
        if (k.Contradicts(rows))
        {
            return q.Contradiction($"{k} columns meet {rows} rows");
        }

        return Broadcast([m, n], q.Shape(2)) is (_, true) ? [[m, n]] : q.Contradiction($"the bias {ShapeQuestion.Text(q.Shape(2))} does not broadcast to [{m}, {n}]");
    }

    /// <summary>A [.., K] -> [.., N], by attributes.</summary>
    public static IReadOnlyList<Dim[]?> MatMulNBits(ShapeQuestion q)
    {
        if (q.Shape(0) is not { Length: > 0 } a)
        {
            return [null];
        }

        return a[^1].Contradicts(q.Node.Int("K", 0)) ? q.Contradiction($"{a[^1]} columns meet {q.Node.Int("K", 0)} rows") : [[.. a[..^1], q.Node.Int("N", 0)]];
    }

    /// <summary>X [steps, batch, input], R [directions, .., hidden] -> [steps, directions, batch, hidden], [directions, batch, hidden] twice.</summary>
    public static IReadOnlyList<Dim[]?> Recurrent(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Shape(2) is not { } r)
        {
            return [null];
        }

        if (x.Length != 3 || r.Length != 3)
        {
            return q.Contradiction($"X {ShapeQuestion.Text(x)} and R {ShapeQuestion.Text(r)} must have three dimensions");
        }

        if (q.Node.Int("layout", 0) != 0)
        {
            return [null];
        }

        // R of a quantized LSTM is transposed: its hidden size lies in the middle.
        var hidden = q.Node.Int("hidden_size", 0) is > 0 and var size ? (Dim)size : Dim.Unknown;
        Dim[] last = [r[0], x[1], hidden];
        return [[x[0], .. last], last, last];
    }

    /// <summary>x -> its type in integers; scale and zero point are scalars.</summary>
    public static IReadOnlyList<Dim[]?> DynamicQuantize(ShapeQuestion q) => [q.Shape(0), [], []];

    /// <summary>Parameters as long as the channels; the shape stays.</summary>
    public static IReadOnlyList<Dim[]?> Normalize(ShapeQuestion q)
    {
        if (q.Shape(0) is { Length: > 1 } x && q.Node.Int("spatial", 1) != 0)
        {
            for (var i = 1; i < 5; i++)
            {
                if (q.Shape(i) is { Length: 1 } parameters && parameters[0].Contradicts(x[1]))
                {
                    return q.Contradiction($"{parameters[0]} parameters meet {x[1]} channels");
                }
            }
        }

        return [q.Shape(0)];
    }

    private static (Dim[]? Shape, bool Fits) Broadcast(Dim[]? a, Dim[]? b)
    {
        if (a is null || b is null)
        {
            return (null, true);
        }

        if (a.Length < b.Length)
        {
            (a, b) = (b, a);
        }

        var result = a.ToArray();
        for (var i = 1; i <= b.Length; i++)
        {
            var (left, right) = (a[^i], b[^i]);
            if (left.Contradicts(right) && left.Value != 1 && right.Value != 1)
            {
                return (null, false);
            }

            result[^i] = right.Value == 1 || left == right ? left
                : left.Value == 1 ? right
                : left.IsKnown ? left
                : right.IsKnown ? right
                : Dim.Unknown;
        }

        return (result, true);
    }
}
