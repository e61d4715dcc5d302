namespace EdgeFleet.Compression.Report;

/// <summary>One axis of a picture: where a value lies, and which values are written beside it.</summary>
/// <param name="Title">With the unit.</param>
/// <param name="Min">Value at the start.</param>
/// <param name="Max">Value at the end.</param>
/// <param name="IsLogarithmic">Whether equal lengths are equal ratios.</param>
/// <param name="Say">Writes a tick.</param>
internal sealed record PlotAxis(string Title, double Min, double Max, bool IsLogarithmic, Func<double, string> Say)
{
    private static readonly double[] s_ratios = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000];

    /// <summary>Bytes from 0.</summary>
    public static PlotAxis Size(IEnumerable<double> values) => new("size", 0, Math.Max(1, values.Max() * 1.06), false, Figures.ByteTick);

    /// <summary>Time over the original's; by ratio where some are several times the others.</summary>
    public static PlotAxis Latency(IReadOnlyCollection<double> values)
    {
        var (min, max) = (values.Min(), values.Max());
        return max > 2.5
            ? new("time of the original", min / 1.15, max * 1.2, true, v => $"{v:0.##}")
            : new("time of the original", 0, max * 1.08, false, v => $"{v:0.##}");
    }

    /// <summary>Shares that are right. What lies far below the rest does not stretch the axis; the picture draws it at the edge.</summary>
    public static PlotAxis Right(IReadOnlyCollection<double> values, string title)
    {
        var sorted = values.Order().ToArray();
        var top = sorted[^1];
        var usual = top - sorted[sorted.Length / 4];
        var least = Math.Max(sorted[0], top - Math.Max(0.01, 3 * usual));
        var pad = Math.Max(0.0005, (top - least) * 0.1);
        return new(title, least - pad, Math.Min(top + pad, Math.Max(1, top)), false, v => $"{v * 100:0.##} %");
    }

    /// <summary>In [0, 1] along the axis; what lies outside comes to its end.</summary>
    public double Place(double value) => Math.Clamp(IsLogarithmic ? Math.Log(value / Min) / Math.Log(Max / Min) : (value - Min) / (Max - Min), 0, 1);

    /// <summary>Round values, four to seven.</summary>
    public IReadOnlyList<double> Ticks()
    {
        if (IsLogarithmic)
        {
            var ratios = s_ratios.Where(r => r >= Min && r <= Max).ToList();
            return ratios.Count <= 7 ? ratios : ratios.FindAll(r => r is 0.1 or 0.2 or 0.5 or 1 or 2 or 5 or 10 or 20 or 50 or 100 or 1000);
        }

        var raw = (Max - Min) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * ((raw / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 });
        var ticks = new List<double>();
        for (var i = (long)Math.Ceiling(Min / step); i * step <= Max && ticks.Count < 12; i++)
        {
            ticks.Add(i * step);
        }

        return ticks;
    }
}
