namespace EdgeFleet.Compression.Calibration;

/// <summary>Values that lie evenly in [Low, High]; all the same where both are equal.</summary>
internal readonly record struct ValueBin(double Low, double High, double Count)
{
    /// <summary>How many of the values lie in [from, to].</summary>
    public double Within(double from, double to) => High > Low
        ? Count * Math.Max(0, Math.Min(High, to) - Math.Max(Low, from)) / (High - Low)
        : Low >= from && Low <= to ? Count : 0;
}

/// <summary>How often which values occurred.</summary>
/// <param name="Bins">Ascending, without overlap, counts above 0; may be empty.</param>
internal sealed record ValueDistribution(IReadOnlyList<ValueBin> Bins)
{
    public bool IsEmpty => Bins.Count == 0;

    public double Min => IsEmpty ? 0 : Bins[0].Low;

    public double Max => IsEmpty ? 0 : Bins[^1].High;

    public double Count => Bins.Sum(b => b.Count);

    public ValueRange Range => new((float)Min, (float)Max);

    /// <summary>Counts in bins of equal width over [from, to); what lies outside is left out.</summary>
    /// <param name="from">Lower end.</param>
    /// <param name="to">Upper end, above <paramref name="from"/>; a single value there counts into the last bin.</param>
    /// <param name="count">Number of bins.</param>
    /// <param name="withZero">False leaves out values that are exactly 0.</param>
    public double[] Linear(double from, double to, int count, bool withZero = true)
    {
        var linear = new double[count];
        var width = (to - from) / count;
        foreach (var bin in Bins)
        {
            if (bin.High < from || bin.Low > to || (!withZero && bin is { Low: 0, High: 0 }))
            {
                continue;
            }

            var first = Index(bin.Low);
            var last = bin.High > bin.Low ? Index(bin.High) : first;
            if (first == last || bin.Count < last - first + 1)
            {
                // Fewer values than bins: spread out they would be fractions of a value where there is none.
                linear[Index((Math.Max(bin.Low, from) + Math.Min(bin.High, to)) / 2)] += bin.Within(from, to);
                continue;
            }

            for (var i = first; i <= last; i++)
            {
                linear[i] += bin.Within(Math.Max(from, from + (i * width)), Math.Min(to, from + ((i + 1) * width)));
            }
        }

        return linear;

        int Index(double value) => (int)Math.Clamp(Math.Floor((value - from) / width), 0, count - 1);
    }
}
