using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>Chooses scale and zero of one block so that the squared error of its weights, rounded to the nearest level, is least.</summary>
internal static class BlockFit
{
    /// <summary>Shares of the block's own range that are tried: clipping the largest weight a little makes all others finer.</summary>
    private const int Steps = 10;
    private const float StepShare = 0.04f;

    /// <param name="weights">The block; finite.</param>
    /// <param name="grid">Its levels. 8 bits are fine enough to take the whole range.</param>
    public static (float Scale, byte Zero) Of(ReadOnlySpan<float> weights, BlockGrid grid)
    {
        var (low, high) = (0f, 0f);
        foreach (var weight in weights)
        {
            (low, high) = (Math.Min(low, weight), Math.Max(high, weight));
        }

        var best = Candidate(low, high, grid);
        if (grid.Bits > 4 || (low == 0 && high == 0))
        {
            return best;
        }

        var (least, refitted) = Error(weights, grid, best.Scale, best.Zero);
        for (var step = 1; step < Steps; step++)
        {
            var share = 1 - (step * StepShare);
            var (scale, zero) = Candidate(low * share, high * share, grid);
            var (error, fitted) = Error(weights, grid, scale, zero);
            if (error < least)
            {
                (least, refitted, best) = (error, fitted, (scale, zero));
            }
        }

        // The least-squares scale for the levels found; rounding anew with it can only be better if it is not refused here.
        var last = (Scale: grid.Storable(refitted), best.Zero);
        return Error(weights, grid, last.Scale, last.Zero).Error < least ? last : best;
    }

    private static (float Scale, byte Zero) Candidate(float low, float high, BlockGrid grid)
    {
        if (grid.Symmetric)
        {
            // The side that reaches farther gets the extra level; the scale may be negative for that.
            return (grid.Storable(high > -low ? high / -grid.Middle : low / -grid.Middle), (byte)grid.Middle);
        }

        var scale = grid.Storable((high - low) / grid.Top);
        return (scale, (byte)Math.Clamp(MathF.Round(-low / scale), 0, grid.Top));
    }

    /// <summary>Squared error, and the scale that would make it least for these levels. Eight lanes on every processor, so that sums are the same.</summary>
    private static (float Error, float Refitted) Error(ReadOnlySpan<float> weights, BlockGrid grid, float scale, byte zero)
    {
        var lanes = MemoryMarshal.Cast<float, Vector256<float>>(weights);
        var (factor, low, high) = (Vector256.Create(scale), Vector256.Create((float)-zero), Vector256.Create((float)(grid.Top - zero)));
        Vector256<float> errors = default, acrosses = default, squares = default;
        foreach (var weight in lanes)
        {
            var level = Vector256.Min(Vector256.Max(Vector256.Round(weight / factor, MidpointRounding.ToEven), low), high);
            var off = weight - (level * factor);
            errors += off * off;
            acrosses += weight * level;
            squares += level * level;
        }

        var (error, across, square) = (Vector256.Sum(errors), Vector256.Sum(acrosses), Vector256.Sum(squares));
        foreach (var weight in weights[(lanes.Length * Vector256<float>.Count)..])
        {
            var level = grid.Level(weight, scale, zero) - zero;
            var off = weight - (level * scale);
            error += off * off;
            across += weight * level;
            square += level * level;
        }

        return (error, square > 0 ? across / square : scale);
    }
}
