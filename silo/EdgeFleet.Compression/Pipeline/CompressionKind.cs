namespace EdgeFleet.Compression.Pipeline;

/// <summary>The forms that the engine makes.</summary>
public enum CompressionKind
{
    /// <summary>The original, prepared.</summary>
    Fp32,

    /// <summary>Weights and arithmetic in float16; inputs and outputs keep their types.</summary>
    Fp16,

    /// <summary>int8 weights; activations of MatMul, Gemm and LSTM quantized at run time, all other layers computed in float.</summary>
    Int8Dynamic,

    /// <summary>Static QDQ: uint8 activations, int8 weights in [-127, 127]. Saturates on x64 without VNNI.</summary>
    Int8,

    /// <summary>Static QDQ: uint8 activations, int8 weights in [-64, 64]: exact on every processor.</summary>
    Int8Reduced,

    /// <summary>Static QDQ: int8 activations and weights, for arm64 with dot products.</summary>
    Int8Signed,

    /// <summary>Static QDQ: uint8 activations and weights: full range and exact on every x64 processor, at some speed.</summary>
    Int8Unsigned,

    /// <summary>Weight-only: weights of all layers in 8 bits, unpacked when the model is loaded or, in large matrices, by MatMulNBits; activations float.</summary>
    Weights8,

    /// <summary>Weight-only in 4 bits; 8 where weights cannot be divided into blocks.</summary>
    Weights4,
}

/// <summary>Names and properties of <see cref="CompressionKind"/>.</summary>
public static class CompressionKinds
{
    private static readonly (CompressionKind Kind, string Name)[] s_names =
    [
        (CompressionKind.Fp32, "fp32"),
        (CompressionKind.Fp16, "fp16"),
        (CompressionKind.Int8Dynamic, "int8-dynamic"),
        (CompressionKind.Int8, "int8"),
        (CompressionKind.Int8Reduced, "int8-reduced"),
        (CompressionKind.Int8Signed, "int8-signed"),
        (CompressionKind.Int8Unsigned, "int8-unsigned"),
        (CompressionKind.Weights8, "weights8"),
        (CompressionKind.Weights4, "weights4"),
    ];

    /// <summary>All names, smallest change first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_names.Select(n => n.Name)];

    public static string NameOf(CompressionKind kind) => s_names.First(n => n.Kind == kind).Name;

    public static bool TryParse(string? name, out CompressionKind kind)
    {
        foreach (var entry in s_names)
        {
            if (entry.Name == name)
            {
                kind = entry.Kind;
                return true;
            }
        }

        kind = default;
        return false;
    }

    /// <summary>True for the static kinds, which need ranges of activations: good ones need calibration samples.</summary>
    public static bool NeedsCalibration(CompressionKind kind) =>
        kind is CompressionKind.Int8 or CompressionKind.Int8Reduced or CompressionKind.Int8Signed or CompressionKind.Int8Unsigned;

    /// <summary>Share of samples on which the variant must agree with its original in its top class, unless asked otherwise.</summary>
    public static double DefaultFloor(CompressionKind kind) => kind switch
    {
        CompressionKind.Fp32 => 0.999,
        CompressionKind.Fp16 => 0.99,
        _ => 0.97,
    };
}
