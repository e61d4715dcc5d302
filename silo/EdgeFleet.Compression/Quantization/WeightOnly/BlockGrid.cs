namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>How weights are divided and which levels they may take: w = (q - zero) * scale, q in [0, 2^Bits).</summary>
/// <param name="Bits">4 or 8.</param>
/// <param name="BlockSize">Neighbours in a row that share a scale; the last block of a row may be shorter.</param>
/// <param name="Symmetric">The zero is 2^(Bits - 1) in every block and is not stored.</param>
/// <param name="HalfScales">Scales are numbers that float16 holds exactly, so that they can be stored as such.</param>
internal sealed record BlockGrid(int Bits, int BlockSize, bool Symmetric, bool HalfScales)
{
    /// <summary>The highest level.</summary>
    public int Top => (1 << Bits) - 1;

    /// <summary>The zero of symmetric blocks.</summary>
    public int Middle => 1 << (Bits - 1);

    public int BlocksOf(int columns) => (columns + BlockSize - 1) / BlockSize;

    /// <summary>The level nearest to a weight (half to even), saturated.</summary>
    public byte Level(float weight, float scale, byte zero) =>
        (byte)Math.Clamp(MathF.Round(weight / scale, MidpointRounding.ToEven) + zero, 0, Top);

    /// <summary>A scale that can be stored: not 0, and exact in float16 where that is asked for and within its normal range.</summary>
    public float Storable(double scale)
    {
        var single = (float)scale;
        if (!float.IsNormal(single))
        {
            return 1f;
        }

        return HalfScales && Math.Abs(single) is >= SmallestHalf and <= LargestHalf ? (float)(Half)single : single;
    }

    /// <summary>True where every scale survives float16 unchanged.</summary>
    public static bool AreHalves(ReadOnlySpan<float> scales)
    {
        foreach (var scale in scales)
        {
            if (scale != 0 && (Math.Abs(scale) is < SmallestHalf or > LargestHalf || (float)(Half)scale != scale))
            {
                return false;
            }
        }

        return true;
    }

    private const float SmallestHalf = 6.1035156e-5f, LargestHalf = 65504f;
}
