namespace EdgeFleet.Compression.Calibration;

/// <summary>What is expected of a value without data: mean and variance per channel, and the ends beyond which hardly anything lies.</summary>
/// <param name="Means">Per channel.</param>
/// <param name="Variances">Per channel, not negative.</param>
/// <param name="Low">Over all channels.</param>
/// <param name="High">Over all channels.</param>
internal sealed record ChannelMoments(double[] Means, double[] Variances, double Low, double High)
{
    /// <summary>Standard deviations that count as all there is: what images reach in 25,000 to 1,000,000 values.</summary>
    public const double Deviations = 6;

    public ValueRange Range => new((float)Low, (float)High);

    /// <summary>After batch normalization: mean = bias, deviation = |scale|.</summary>
    public static ChannelMoments Normal(ReadOnlySpan<float> scales, ReadOnlySpan<float> biases)
    {
        var (means, variances) = (new double[scales.Length], new double[scales.Length]);
        for (var c = 0; c < means.Length; c++)
        {
            (means[c], variances[c]) = (biases[c], (double)scales[c] * scales[c]);
        }

        return Spread(means, variances, Deviations);
    }

    /// <summary>max(0, x) for normally distributed x, and where there is one, no more than <paramref name="most"/>.</summary>
    public ChannelMoments Rectified(double most = double.PositiveInfinity)
    {
        var (means, variances) = (new double[Means.Length], new double[Means.Length]);
        for (var c = 0; c < means.Length; c++)
        {
            var deviation = Math.Sqrt(Variances[c]);
            if (deviation == 0)
            {
                means[c] = Math.Max(0, Means[c]);
                continue;
            }

            var (below, density) = (Cumulative(Means[c] / deviation), Density(Means[c] / deviation));
            means[c] = (Means[c] * below) + (deviation * density);
            var square = (((Means[c] * Means[c]) + Variances[c]) * below) + (Means[c] * deviation * density);
            variances[c] = Math.Max(0, square - (means[c] * means[c]));
        }

        return new(means, variances, Math.Clamp(Low, 0, most), Math.Clamp(High, 0, most));
    }

    /// <summary>The sum with an independent value; null where channels do not match.</summary>
    public ChannelMoments? Plus(ChannelMoments other)
    {
        if (Means.Length != other.Means.Length)
        {
            return null;
        }

        var sum = Spread([.. Means.Zip(other.Means, (a, b) => a + b)], [.. Variances.Zip(other.Variances, (a, b) => a + b)], Deviations);
        return sum with { Low = Math.Max(sum.Low, Low + other.Low), High = Math.Min(sum.High, High + other.High) };
    }

    /// <summary>Means over an image: neighbours are alike, so that deviations halve rather than vanish.</summary>
    public ChannelMoments Pooled()
    {
        var pooled = Spread(Means, [.. Variances.Select(v => v / 4)], Deviations);
        return pooled with { Low = Math.Max(pooled.Low, Low), High = Math.Min(pooled.High, High) };
    }

    /// <summary>Channels after channels.</summary>
    public ChannelMoments Beside(ChannelMoments other) =>
        new([.. Means, .. other.Means], [.. Variances, .. other.Variances], Math.Min(Low, other.Low), Math.Max(High, other.High));

    private static ChannelMoments Spread(double[] means, double[] variances, double deviations) => new(
        means,
        variances,
        means.Zip(variances, (m, v) => m - (deviations * Math.Sqrt(v))).DefaultIfEmpty().Min(),
        means.Zip(variances, (m, v) => m + (deviations * Math.Sqrt(v))).DefaultIfEmpty().Max());

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>Share of a standard normal distribution below x, to 1e-7 (Abramowitz and Stegun 26.2.17).</summary>
    private static double Cumulative(double x)
    {
        var t = 1 / (1 + (0.2316419 * Math.Abs(x)));
        var tail = Density(x) * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return x >= 0 ? 1 - tail : tail;
    }
}
