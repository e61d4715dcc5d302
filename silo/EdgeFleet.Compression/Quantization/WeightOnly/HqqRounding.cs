using System.Numerics.Tensors;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// Half-quadratic quantization (Badri and Shaji, 2023): minimises sum |w - s (q - z)|^p with p = 0.7 per block, which lets a few
/// outliers be wrong so that all others are right. Alternates E = shrink(w - s (q - z)), the part of the error that is given up,
/// with the least-squares zero (and scale, where blocks are symmetric) for w - E; beta = 10, times 1.01 each of 20 rounds. The zero
/// is rounded to a level, since the runtime's integer kernels take no other. The valleys of this norm are many and narrow, so it starts
/// from several scales around that of nearest, stops where rounds no longer gain, and keeps the best seen: never worse than nearest.
/// </summary>
internal static class HqqRounding
{
    public const double Power = 0.7;
    private const int Rounds = 20;
    private const int Patience = 3;
    private const double FirstBeta = 10, BetaGrowth = 1.01;

    private static readonly double[] s_starts = [1, 0.75, 0.85, 0.95, 1.05, 1.15, 1.25];

    /// <inheritdoc cref="NearestRounding.Round"/>
    public static BlockWeights Round(ReadOnlyMemory<float> weights, int rows, int columns, BlockGrid grid)
    {
        var rounded = NearestRounding.Round(weights, rows, columns, grid);
        Parallel.For(0, rows, row =>
        {
            for (var block = 0; block < rounded.Blocks; block++)
            {
                var first = block * grid.BlockSize;
                var part = weights.Span.Slice((row * columns) + first, Math.Min(grid.BlockSize, columns - first));
                var at = (row * rounded.Blocks) + block;
                var (scale, zero) = Improve(part, grid, rounded.Scales[at], rounded.Zeros[at]);
                NearestRounding.Store(rounded, row, block, part, scale, zero);
            }
        });
        return rounded;
    }

    /// <summary>sum |w - s (q - z)|^p of a block.</summary>
    public static double Norm(ReadOnlySpan<float> weights, BlockGrid grid, float scale, byte zero)
    {
        var norm = 0d;
        foreach (var weight in weights)
        {
            norm += Math.Pow(Math.Abs(weight - ((grid.Level(weight, scale, zero) - zero) * scale)), Power);
        }

        return norm;
    }

    private static (float Scale, byte Zero) Improve(ReadOnlySpan<float> weights, BlockGrid grid, float firstScale, byte firstZero)
    {
        var best = new Found(Norm(weights, grid, firstScale, firstZero), firstScale, firstZero);

        // Beta is meant for weights of magnitude 1.
        var unit = Math.Abs((double)TensorPrimitives.MaxMagnitude(weights));
        foreach (var start in unit > 0 ? s_starts : [])
        {
            var found = Descend(weights, grid, firstScale * start, firstZero, unit);
            best = found.Norm < best.Norm ? found : best;
        }

        return (best.Scale, best.Zero);
    }

    private static Found Descend(ReadOnlySpan<float> weights, BlockGrid grid, double scale, double zero, double unit)
    {
        var best = new Found(double.PositiveInfinity, 1, 0);
        var beta = FirstBeta;
        for (var (round, idle) = (0, 0); round < Rounds && idle < Patience; round++, beta *= BetaGrowth)
        {
            var (storable, whole) = (grid.Storable(scale), (byte)Math.Round(zero));
            var norm = Norm(weights, grid, storable, whole);
            idle = norm < best.Norm ? 0 : idle + 1;
            best = norm < best.Norm ? new(norm, storable, whole) : best;
            double zeros = 0, across = 0, square = 0;
            foreach (var weight in weights)
            {
                var level = Math.Clamp(Math.Round((weight / scale) + zero), 0, grid.Top);
                var off = (weight - (scale * (level - zero))) / unit;
                var given = Math.Sign(off) * Math.Max(0, Math.Abs(off) - (Math.Pow(Math.Abs(off) + 1e-12, Power - 1) / beta)) * unit;
                var kept = weight - given;
                zeros += level - (kept / scale);
                across += kept * (level - grid.Middle);
                square += (level - grid.Middle) * (level - grid.Middle);
            }

            if (grid.Symmetric)
            {
                scale = square > 0 && across != 0 ? across / square : scale;
            }
            else
            {
                zero = Math.Clamp(zeros / weights.Length, 0, grid.Top);
            }
        }

        return best;
    }

    private readonly record struct Found(double Norm, float Scale, byte Zero);
}
