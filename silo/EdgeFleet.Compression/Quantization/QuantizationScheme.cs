using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>Number types of a static quantization.</summary>
/// <param name="Activation">UInt8 or Int8; asymmetric, per tensor.</param>
/// <param name="WeightLimit">Weights are int8 in [-limit, limit], symmetric, per output channel.</param>
internal sealed record QuantizationScheme(OnnxElementType Activation, int WeightLimit)
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
}
