namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Range whose quantized distribution diverges least from the true one. Over 8192 bins of equal width, for thresholds t in steps, with at
/// least 16 bins per level: p = the bins within [max(min, -t), min(max, t)], what lies outside added to the outermost bins; q = the same bins without what lies
/// outside, merged into as many groups as there are levels, each group's sum spread evenly over those of its bins where p > 0;
/// the least sum of p ln(p / q) wins, the wider range on a tie. q is kept in floating point and at least 1e-4 of one value.
/// Values of exactly 0 take no part, since every range holds 0 exactly; they are most of what is behind a Relu.
/// Thresholds begin at most at 4 times the magnitude that 99.9 % of the values keep below, so that a single outlier does not push the
/// rest into a few bins, where no divergence would show.
/// </summary>
internal static class EntropyRange
{
    private const int Bins = 8192;

    /// <summary>Fewest bins per level: with one there would be nothing to lose, and the narrowest range would always win.</summary>
    private const int BinsPerLevel = 16;
    private const int Candidates = 128;
    private const double LeastCount = 1e-4;
    private const double BeyondBulk = 1e-3;
    private const double BulkReach = 4;

    /// <param name="distribution">Not empty.</param>
    /// <param name="levels">Numbers that an activation may take: 256 for 8 bits. Beyond 512 the whole range is taken: it cuts nothing worth having.</param>
    public static ValueRange Choose(ValueDistribution distribution, int levels)
    {
        if (distribution.Max <= distribution.Min || levels * BinsPerLevel > Bins)
        {
            return distribution.Range;
        }

        var reach = Reach(distribution);
        var (from, to) = (Math.Min(Math.Max(distribution.Min, -reach), 0), Math.Max(Math.Min(distribution.Max, reach), 0));
        var histogram = distribution.Linear(from, to, Bins, withZero: false);
        var below = distribution.Bins.Where(b => b.High <= from && b.High < 0).Sum(b => b.Count);
        var above = distribution.Bins.Where(b => b.Low >= to && b.Low > 0).Sum(b => b.Count);
        var width = (to - from) / Bins;
        var origin = (int)Math.Round(-from / width);
        var best = (Divergence: double.PositiveInfinity, Threshold: reach);
        for (var candidate = Candidates; candidate > 0; candidate--)
        {
            var threshold = reach * candidate / Candidates;
            var bins = (int)Math.Round(threshold / width);
            var (first, last) = (Math.Max(0, origin - bins), Math.Min(Bins, origin + bins));
            if (last - first < levels * BinsPerLevel)
            {
                break;
            }

            var divergence = Divergence(histogram, first, last, levels, below, above);
            if (divergence < best.Divergence)
            {
                best = (divergence, threshold);
            }
        }

        return new((float)Math.Max(distribution.Min, -best.Threshold), (float)Math.Min(distribution.Max, best.Threshold));
    }

    private static double Reach(ValueDistribution distribution)
    {
        var whole = Math.Max(Math.Abs(distribution.Min), Math.Abs(distribution.Max));
        var outside = distribution.Bins.Where(b => b is not { Low: 0, High: 0 }).Sum(b => b.Count) * BeyondBulk;
        foreach (var bin in distribution.Bins.OrderByDescending(b => Math.Max(-b.Low, b.High)))
        {
            outside -= bin.Count;
            if (outside < 0)
            {
                return Math.Min(whole, BulkReach * Math.Max(-bin.Low, bin.High));
            }
        }

        return whole;
    }

    /// <summary>Kullback-Leibler divergence of bins [first, last) and their quantized form.</summary>
    internal static double Divergence(ReadOnlySpan<double> histogram, int first, int last, int levels, double below = 0, double above = 0)
    {
        var slice = histogram[first..last];
        var p = slice.ToArray();
        foreach (var count in histogram[..first])
        {
            below += count;
        }

        foreach (var count in histogram[last..])
        {
            above += count;
        }

        p[0] += below;
        p[^1] += above;
        var (pSum, qSum) = (0d, 0d);
        for (var i = 0; i < p.Length; i++)
        {
            pSum += p[i];
            qSum += slice[i];
        }

        if (qSum <= 0)
        {
            return double.PositiveInfinity;
        }

        var divergence = 0d;
        for (var group = 0; group < levels; group++)
        {
            var (from, to) = (group * slice.Length / levels, (group + 1) * slice.Length / levels);
            var (sum, filled) = (0d, 0);
            for (var i = from; i < to; i++)
            {
                sum += slice[i];
                filled += p[i] > 0 ? 1 : 0;
            }

            for (var i = from; i < to && filled > 0; i++)
            {
                divergence += p[i] > 0 ? p[i] / pSum * Math.Log(p[i] / pSum / (Math.Max(sum / filled, LeastCount) / qSum)) : 0;
            }
        }

        return divergence;
    }
}
