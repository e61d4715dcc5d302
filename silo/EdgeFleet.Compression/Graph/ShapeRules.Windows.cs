namespace EdgeFleet.Compression.Graph;

/// <summary>Shape rules of operators that slide a window over [batch, channels, spatial...].</summary>
internal static partial class ShapeRules
{
    /// <summary>X [N, C, ..], W [M, C / group, ..], B [M] -> [N, M, ..].</summary>
    public static IReadOnlyList<Dim[]?> Conv(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Shape(1) is not { } w)
        {
            return [null];
        }

        if (x.Length != w.Length || x.Length < 3)
        {
            return q.Contradiction($"the input {ShapeQuestion.Text(x)} and the weights {ShapeQuestion.Text(w)} differ in rank");
        }

        var group = q.Node.Int("group", 1);
        if (w[1].Value is { } perGroup && x[1].Contradicts(perGroup * group))
        {
            return q.Contradiction($"{x[1]} channels meet weights for {perGroup * group}");
        }

        return BiasOf(q, w[0]) is { } conflict ? q.Contradiction(conflict) : [[x[0], w[0], .. Spatial(q, x, [.. w[2..]])]];
    }

    /// <summary>X [N, C, ..], W [C, M / group, ..], B [M] -> [N, M, ..].</summary>
    public static IReadOnlyList<Dim[]?> ConvTranspose(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Shape(1) is not { } w)
        {
            return [null];
        }

        if (x.Length != w.Length || x.Length < 3 || x[1].Contradicts(w[0]))
        {
            return q.Contradiction($"the input {ShapeQuestion.Text(x)} does not fit the weights {ShapeQuestion.Text(w)}");
        }

        Dim channels = w[1].Value is { } perGroup ? perGroup * q.Node.Int("group", 1) : Dim.Unknown;
        return BiasOf(q, channels) is { } conflict ? q.Contradiction(conflict)
            : [[x[0], channels, .. x[2..].Select((d, i) => Grown(q, d, w[i + 2], i, x.Length - 2))]];
    }

    /// <summary>X [N, C, ..] -> [N, C, ..] by the attribute kernel_shape.</summary>
    public static IReadOnlyList<Dim[]?> Pool(ShapeQuestion q)
    {
        if (q.Shape(0) is not { } x || q.Node.Ints("kernel_shape") is not { } kernel)
        {
            return [null];
        }

        if (kernel.Count != x.Length - 2)
        {
            return q.Contradiction($"a window of {kernel.Count} dimensions meets {ShapeQuestion.Text(x)}");
        }

        Dim[] shape = [x[0], x[1], .. q.Node.Int("ceil_mode", 0) != 0 ? x[2..].Select(_ => Dim.Unknown) : Spatial(q, x, [.. kernel.Select(k => (Dim)k)])];
        return [.. q.Node.Outputs.Select(_ => shape)];
    }

    /// <summary>X [N, C, ..] -> [N, C, 1..].</summary>
    public static IReadOnlyList<Dim[]?> GlobalPool(ShapeQuestion q) => [q.Shape(0)?.Select((d, i) => i < 2 ? d : 1).ToArray()];

    private static string? BiasOf(ShapeQuestion q, Dim channels) =>
        q.Shape(2) is { } bias && (bias.Length != 1 || bias[0].Contradicts(channels)) ? $"the bias {ShapeQuestion.Text(bias)} meets {channels} output channels" : null;

    private static IEnumerable<Dim> Spatial(ShapeQuestion q, Dim[] x, Dim[] kernel)
    {
        var auto = q.Node.Text("auto_pad", "NOTSET");
        for (var i = 0; i < kernel.Length; i++)
        {
            var (stride, dilation) = (At(q, "strides", i, 1), At(q, "dilations", i, 1));
            if (x[i + 2].Value is not { } size || kernel[i].Value is not { } window || stride < 1 || dilation < 1)
            {
                yield return Dim.Unknown;
                continue;
            }

            var pads = auto is "NOTSET" ? At(q, "pads", i, 0) + At(q, "pads", i + kernel.Length, 0) : 0;
            yield return auto is "SAME_UPPER" or "SAME_LOWER"
                ? (size + stride - 1) / stride
                : Math.Max(0, ((size + pads - (dilation * (window - 1)) - 1) / stride) + 1);
        }
    }

    private static Dim Grown(ShapeQuestion q, Dim size, Dim kernel, int i, int rank)
    {
        if (size.Value is not { } x || kernel.Value is not { } window || q.Node.Text("auto_pad", "NOTSET") != "NOTSET" || q.Node.Ints("output_shape") is { Count: > 0 })
        {
            return Dim.Unknown;
        }

        return (At(q, "strides", i, 1) * (x - 1)) + At(q, "output_padding", i, 0) + ((window - 1) * At(q, "dilations", i, 1)) + 1
            - At(q, "pads", i, 0) - At(q, "pads", i + rank, 0);
    }

    private static long At(ShapeQuestion q, string attribute, int index, long fallback) =>
        q.Node.Ints(attribute) is { } values && index < values.Count ? values[index] : fallback;
}
