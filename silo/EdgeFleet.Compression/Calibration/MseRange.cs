namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Range with the least mean square error E = sum over bins of count * mean((x - Q(x))^2), where Q rounds to multiples of
/// s = (high - low) / (levels - 1) and saturates at both ends. The mean over a bin is exact for values that lie evenly in it.
/// First both ends of [min, max] shrink together by the same factor, then each by itself; an end at 0 stays there.
/// </summary>
internal static class MseRange
{
    private const int Steps = 100;

    /// <summary>A range must be better by this share to be taken: what the bins leave open must not make it worse than min-max.</summary>
    private const double LeastGain = 0.01;

    /// <param name="distribution">Not empty.</param>
    /// <param name="levels">Numbers that an activation may take: 256 for 8 bits.</param>
    public static ValueRange Choose(ValueDistribution distribution, int levels)
    {
        var (min, max) = (Math.Min(distribution.Min, 0), Math.Max(distribution.Max, 0));
        if (max <= min)
        {
            return distribution.Range;
        }

        var full = Error(distribution, min, max, levels);
        var best = (Error: full, Low: min, High: max);
        for (var i = 1; i < Steps; i++)
        {
            Try(min * (Steps - i) / Steps, max * (Steps - i) / Steps);
        }

        for (var i = 0; i < Steps && min < 0 && max > 0; i++)
        {
            Try(best.Low, max * (Steps - i) / Steps);
        }

        for (var i = 0; i < Steps && min < 0 && max > 0; i++)
        {
            Try(min * (Steps - i) / Steps, best.High);
        }

        return best.Error < full * (1 - LeastGain) ? new((float)best.Low, (float)best.High) : distribution.Range;

        void Try(double low, double high)
        {
            var error = Error(distribution, low, high, levels, best.Error);
            if (error < best.Error)
            {
                best = (error, low, high);
            }
        }
    }

    /// <summary>Sum of square errors for a range that holds 0.</summary>
    /// <param name="distribution">The values.</param>
    /// <param name="low">At most 0.</param>
    /// <param name="high">At least 0, above <paramref name="low"/>.</param>
    /// <param name="levels">Numbers available.</param>
    /// <param name="most">The sum need not be exact beyond this.</param>
    public static double Error(ValueDistribution distribution, double low, double high, int levels, double most = double.PositiveInfinity)
    {
        var scale = (high - low) / (levels - 1);
        var zero = Math.Clamp(Math.Round(-low / scale, MidpointRounding.ToEven), 0, levels - 1);
        var (bottom, top) = (-zero * scale, (levels - 1 - zero) * scale);
        var sum = 0d;

        // Saturated values come first from both ends, so that a range that is too narrow is left early.
        for (int i = 0, j = distribution.Bins.Count - 1; i <= j && sum <= most;)
        {
            var bin = distribution.Bins[i].Low + distribution.Bins[j].High < 0 ? distribution.Bins[i++] : distribution.Bins[j--];
            sum += bin.Count * MeanSquare(bin, scale, bottom, top);
        }

        return sum;
    }

    private static double MeanSquare(ValueBin bin, double scale, double bottom, double top)
    {
        if (bin.High <= bin.Low)
        {
            var error = bin.Low - Math.Clamp(Math.Round(bin.Low / scale, MidpointRounding.ToEven) * scale, bottom, top);
            return error * error;
        }

        var (low, high) = (Math.Clamp(bin.Low, bottom, top), Math.Clamp(bin.High, bottom, top));
        var integral = high > low ? Rounding(high / scale) - Rounding(low / scale) : 0;
        integral *= scale * scale * scale;
        integral += bin.High > top ? Cube(bin.High - top) - Cube(Math.Max(bin.Low, top) - top) : 0;
        integral += bin.Low < bottom ? Cube(bottom - bin.Low) - Cube(bottom - Math.Min(bin.High, bottom)) : 0;
        return integral / (bin.High - bin.Low);
    }

    /// <summary>The integral of (u - round(u))^2 from 0 to u: k / 12 + r^3 / 3 for u = k + r, |r| at most 1/2.</summary>
    private static double Rounding(double u)
    {
        var k = Math.Round(u, MidpointRounding.ToEven);
        var r = u - k;
        return (k / 12) + (r * r * r / 3);
    }

    private static double Cube(double distance) => distance * distance * distance / 3;
}
