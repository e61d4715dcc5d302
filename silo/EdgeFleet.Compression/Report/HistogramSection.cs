using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>What values activations take, and the range that their integers cover.</summary>
internal static class HistogramSection
{
    /// <summary>Activations drawn; of more, those of which most is cut off.</summary>
    public const int MostValues = 24;

    private const double Width = 240, Base = 96, Tall = 78, Left = 4, Right = 236;
    private const double Least = 1e-6;

    public static Html Of(CompressionStudy study)
    {
        if (study.Calibrated is not { Values.Count: > 0 } facts)
        {
            return Html.Empty;
        }

        var kept = facts.Values.Count <= MostValues ? facts.Values.ToHashSet() : facts.Values.OrderByDescending(Narrowing).Take(MostValues).ToHashSet();
        var drawn = facts.Values.Where(kept.Contains).ToList();
        var rest = facts.Values.Count - drawn.Count;
        return Html.Of($"""
            <section><h2>Ranges of activations</h2>
            <p class="note">Chosen by {Method(facts.Method)} from {Figures.Times(facts.Samples, "sample")}. Bars: how often values occur, on a logarithmic scale; shaded, between the blue lines: the range chosen; orange: cut off. Left and right below: least and most seen.
            {facts.Warning ?? ""}{(rest > 0 ? $" {rest} more activations are not drawn; less of their range is cut off than of these." : "")}</p>
            <div class="grid histograms sheet">{drawn.Select(Draw)}</div></section>
            """);
    }

    private static string Method(CalibrationMethod method) => method switch
    {
        CalibrationMethod.MinMax => "least and most",
        CalibrationMethod.Percentile => "percentile",
        CalibrationMethod.Entropy => "entropy",
        _ => "least square error",
    };

    private static double Narrowing(ValueCalibration v) => v.Max > v.Min ? (Math.Max(0, v.Low - v.Min) + Math.Max(0, v.Max - v.High)) / ((double)v.Max - v.Min) : 0;

    private static Html Draw(ValueCalibration v)
    {
        var (from, to) = ((double)Math.Min(v.Min, v.Low), (double)Math.Max(v.Max, v.High));
        var span = to - from > 0 && double.IsFinite(to - from) ? to - from : 1;
        double At(double value) => Left + ((Right - Left) * Math.Clamp((value - from) / span, 0, 1));
        var bars = Bars(v);
        var most = bars.Count == 0 ? 1 : Math.Max(Least * 10, bars.Max(b => b.Share));
        var cut = bars.Where(b => (b.From + b.To) / 2 < v.Low || (b.From + b.To) / 2 > v.High).Sum(b => b.Share);
        var (low, high) = (At(v.Low), At(v.High));
        var note = Narrowing(v) <= 1e-4 ? "whole range" : $"cut: {Figures.Share(Narrowing(v))} of range, {(cut < 0.00005 ? "<0.01" : $"{cut * 100:0.00}")} % of values";
        return Html.Of($"""
            <figure><figcaption title="{v.Value}">{v.Value}<small>{note}</small></figcaption>
            <svg viewBox="0 0 {Width} 114" role="img" aria-label="Values of {v.Value}">
            <title>{v.Value}: seen {Figures.Value(v.Min)} to {Figures.Value(v.Max)}, chosen {Figures.Value(v.Low)} to {Figures.Value(v.High)}</title>
            <rect class="range" x="{low}" y="14" width="{Math.Max(0, high - low)}" height="{Base - 14}"/>
            {bars.Where(b => b.Share > 0).Select(b => Bar(b, v, At, most))}
            <line class="axis" x1="{Left}" x2="{Right}" y1="{Base}" y2="{Base}"/>
            <line class="clip" x1="{low}" x2="{low}" y1="14" y2="{Base}"/><line class="clip" x1="{high}" x2="{high}" y1="14" y2="{Base}"/>
            {Number(low, v.Low, high - low < 70 ? "end" : "start")}{Number(high, v.High, high - low < 70 && high < Width - 50 ? "start" : "end")}
            <text x="{Left}" y="109">{Figures.Value(v.Min)}</text><text x="{Right}" y="109" text-anchor="end">{Figures.Value(v.Max)}</text>
            </svg></figure>
            """);
    }

    /// <summary>Writes a chosen end above its line, on the side where there is room.</summary>
    private static Html Number(double x, double value, string anchor)
    {
        var side = anchor == "end" && x < 50 ? "start" : anchor == "start" && x > Width - 50 ? "end" : anchor;
        return Html.Of($"""<text class="best" x="{x}" y="10" text-anchor="{side}">{Figures.Value(value)}</text>""");
    }

    private static Html Bar((double From, double To, double Share) bar, ValueCalibration v, Func<double, double> at, double most)
    {
        var height = Tall * Math.Clamp(Math.Log(bar.Share / Least) / Math.Log(most / Least), 0.02, 1);
        var middle = (bar.From + bar.To) / 2;
        return Html.Of($"""<rect class="{(middle < v.Low || middle > v.High ? "cut" : "bar")}" x="{at(bar.From)}" y="{Base - height}" width="{Math.Max(0.5, at(bar.To) - at(bar.From))}" height="{height}"/>""");
    }

    /// <summary>At most 64 bins.</summary>
    private static List<(double From, double To, double Share)> Bars(ValueCalibration v)
    {
        var bars = new List<(double, double, double)>();
        var each = Math.Max(1, (v.Histogram.Count + 63) / 64);
        var width = v.Histogram.Count == 0 ? 0 : ((double)v.Max - v.Min) / v.Histogram.Count;
        for (var i = 0; i < v.Histogram.Count; i += each)
        {
            var end = Math.Min(v.Histogram.Count, i + each);
            var share = 0d;
            for (var j = i; j < end; j++)
            {
                share += v.Histogram[j];
            }

            bars.Add((v.Min + (i * width), v.Min + (end * width), share));
        }

        return bars;
    }
}
