namespace EdgeFleet.Contracts.Telemetry;

/// <summary>A latency histogram with fixed, logarithmic buckets, so that any two can be added without loss.</summary>
/// <remarks>
/// Bucket i holds latencies in [Bound(i-1), Bound(i)), Bound(i) = 1 µs * 2^(i/4): four buckets per octave, a relative width of 19 %.
/// 96 buckets reach 16.8 s; the last takes all above.
/// </remarks>
/// <param name="Counts">Counts per bucket, trailing zeros cut; at most <see cref="BucketCount"/> long.</param>
/// <param name="SumMs">Sum of all latencies in milliseconds.</param>
public sealed record LatencyHistogram(IReadOnlyList<long> Counts, double SumMs)
{
    public const int BucketCount = 97;

    public static LatencyHistogram Empty { get; } = new([], 0);

    public long Count => Counts.Sum();

    /// <summary>Upper bound of bucket <paramref name="index"/> in milliseconds; infinite for the last.</summary>
    public static double BoundMs(int index) => index >= BucketCount - 1 ? double.PositiveInfinity : 0.001 * Math.Pow(2, index / 4.0);

    public static int BucketOf(double milliseconds)
    {
        if (!(milliseconds >= 0.001))
        {
            return 0;
        }

        var octaves = Math.Floor((4 * Math.Log2(milliseconds / 0.001)) + 1e-9);
        return octaves >= BucketCount - 2 ? BucketCount - 1 : (int)octaves + 1;
    }

    public LatencyHistogram Add(LatencyHistogram other)
    {
        var sum = new long[Math.Max(Counts.Count, other.Counts.Count)];
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] = (i < Counts.Count ? Counts[i] : 0) + (i < other.Counts.Count ? other.Counts[i] : 0);
        }

        return new LatencyHistogram(sum, SumMs + other.SumMs);
    }

    /// <summary>The latency below which <paramref name="share"/> of all lie, interpolated inside its bucket; NaN when empty.</summary>
    /// <param name="share">In [0, 1]: 0.5 is the median.</param>
    public double QuantileMs(double share)
    {
        var total = Count;
        if (total == 0)
        {
            return double.NaN;
        }

        var rank = share * total;
        long below = 0;
        for (var i = 0; i < Counts.Count; i++)
        {
            if (Counts[i] > 0 && below + Counts[i] >= rank)
            {
                var low = i == 0 ? 0 : BoundMs(i - 1);
                var high = i >= BucketCount - 1 ? low : BoundMs(i);
                return low + ((high - low) * Math.Clamp((rank - below) / Counts[i], 0, 1));
            }

            below += Counts[i];
        }

        return BoundMs(Counts.Count - 2);
    }
}
