namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Range that leaves out the outermost (100 - percentile) % of the values: half of them at each end, or all at the far end where
/// values have one sign only, so that neither end is moved because of what the other looks like. A share below one value cuts nothing.
/// </summary>
internal static class PercentileRange
{
    /// <param name="distribution">Not empty.</param>
    /// <param name="percentile">Share to keep, above 50 and at most 100.</param>
    public static ValueRange Choose(ValueDistribution distribution, double percentile)
    {
        var outside = distribution.Count * (100 - percentile) / 100;
        var (below, above) = distribution.Min >= 0 ? (0, outside) : distribution.Max <= 0 ? (outside, 0) : (outside / 2, outside / 2);
        var high = Cut(distribution.Bins.Reverse(), Math.Floor(above), distribution.Max, b => b.High, b => b.Low);
        var low = Cut(distribution.Bins, Math.Floor(below), distribution.Min, b => b.Low, b => b.High);
        return new((float)low, (float)high);
    }

    /// <summary>Goes inwards from an end until as many values as allowed are passed.</summary>
    private static double Cut(IEnumerable<ValueBin> inwards, double allowed, double end, Func<ValueBin, double> outer, Func<ValueBin, double> inner)
    {
        if (allowed < 1)
        {
            return end;
        }

        foreach (var bin in inwards)
        {
            if (bin.Count > allowed)
            {
                return outer(bin) + ((inner(bin) - outer(bin)) * allowed / bin.Count);
            }

            allowed -= bin.Count;
        }

        return end;
    }
}
