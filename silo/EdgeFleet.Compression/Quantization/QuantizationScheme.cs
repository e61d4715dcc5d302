using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Quantization;

/// <summary>Number types of a static quantization.</summary>
/// <param name="Activation">UInt8 or Int8; asymmetric, per tensor.</param>
/// <param name="WeightLimit">Weights are in [-limit, limit] around their zero point, symmetric, per output channel.</param>
/// <param name="Weight">Int8 with zero point 0, or UInt8 with zero point 128.</param>
/// <param name="PerTensor">One scale for all of a layer's weights, not one per output channel.</param>
internal sealed record QuantizationScheme(OnnxElementType Activation, int WeightLimit, OnnxElementType Weight = OnnxElementType.Int8, bool PerTensor = false)
{
    /// <summary>Full range: needs dot products that accumulate in 32 bits (VNNI).</summary>
    public static readonly QuantizationScheme Full = new(OnnxElementType.UInt8, 127);

    /// <summary>
    /// AVX2's VPMADDUBSW adds two uint8 * int8 products into 16 bits and saturates; 2 * 255 * 64 = 32,640 stays below 32,767,
    /// so that with these weights every processor computes the same sums.
    /// </summary>
    public static readonly QuantizationScheme Reduced = new(OnnxElementType.UInt8, 64);

    /// <summary>int8 on both sides, for arm64's SDOT.</summary>
    public static readonly QuantizationScheme Signed = new(OnnxElementType.Int8, 127);

    /// <summary>uint8 on both sides: AVX2 has exact sums for it, so it needs no reduced range.</summary>
    public static readonly QuantizationScheme Unsigned = new(OnnxElementType.UInt8, 127, OnnxElementType.UInt8);

    /// <summary>The type of activations in 16 bits, signed where those in 8 are.</summary>
    public OnnxElementType WideActivation => Activation == OnnxElementType.Int8 ? OnnxElementType.Int16 : OnnxElementType.UInt16;

    /// <summary>The number types of a static recipe.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not of a static kind.</exception>
    public static QuantizationScheme Of(CompressionRecipe recipe) => recipe.Kind switch
    {
        CompressionKind.Int8 => Full,
        CompressionKind.Int8Reduced => Reduced,
        CompressionKind.Int8Signed => Signed,
        CompressionKind.Int8Unsigned => Unsigned,
        _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe.Kind, "Not a static int8 kind."),
    } with { PerTensor = recipe.PerTensorWeights };
}
