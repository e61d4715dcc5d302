namespace EdgeFleet.Compression.Report;

/// <summary>Size against accuracy against latency, two at a time.</summary>
internal static class PictureSection
{
    public static Html Of(IReadOnlyList<ReportRow> rows)
    {
        var measured = rows.Where(r => r.Quality is not null && double.IsFinite(r.Right)).ToList();
        if (measured.Count == 0)
        {
            return Html.Empty;
        }

        var first = measured[0].Quality!;
        var labelled = first.Accuracy is not null;
        var original = (Size: (double)first.SourceSizeBytes, Right: labelled ? first.SourceAccuracy ?? 1 : 1);
        var right = PlotAxis.Right([.. measured.Select(r => r.Right), original.Right], labelled ? "accuracy" : "agreement");
        var size = PlotAxis.Size(measured.Select(r => r.SizeBytes).Append(original.Size));
        var what = labelled ? "accuracy" : "agreement";
        var pictures = new List<Html> { new ScatterPlot($"Size against {what}", size, right, true).Draw([.. measured.Select(r => new PlotPoint(r, r.SizeBytes, r.Right))], original.Size, original.Right) };
        var timed = measured.Where(r => double.IsFinite(r.LatencyRatio) && r.LatencyRatio > 0).ToList();
        if (timed.Count > 0)
        {
            var latency = PlotAxis.Latency([.. timed.Select(r => r.LatencyRatio), 1]);
            pictures.Add(new ScatterPlot($"Latency against {what}", latency, right, true).Draw([.. timed.Select(r => new PlotPoint(r, r.LatencyRatio, r.Right))], 1, original.Right));
            pictures.Add(new ScatterPlot("Size against latency", size, latency, false).Draw([.. timed.Select(r => new PlotPoint(r, r.SizeBytes, r.LatencyRatio))], original.Size, 1));
        }

        return Html.Of($"""
            <section><h2>Size, accuracy, latency</h2>
            <p class="note">Numbers are those of the table below. {(timed.Count == 0 ? "Latency was not measured." : timed.Count < measured.Count ? $"Without a measured latency: {string.Join(", ", measured.Except(timed).Select(r => r.Number))}." : "")}</p>
            <ul class="legend">
            <li>{Sign("""<path class="dot best" d="M9 1L11 5L15.5 5.5L12 8.5L13 13L9 10.7L5 13L6 8.5L2.5 5.5L7 5z"/>""")}chosen</li>
            <li>{Sign("""<path class="reference" d="M9 1l6 6l-6 6l-6 -6z"/>""")}original</li>
            <li>{Sign("""<circle class="dot" cx="9" cy="7" r="4"/>""")}no other is as good in all three</li>
            <li>{Sign("""<circle class="dot open" cx="9" cy="7" r="4"/>""")}another is</li>
            <li>{Sign("""<path class="dot" d="M4 3h10l-5 8z"/>""")}below the picture</li>
            <li>{Sign("""<path class="front" d="M1 11H9V3H17"/>""")}nothing tried is better in both</li>
            </ul>
            <div class="grid scatters sheet">{pictures}</div></section>
            """);
    }

    private static Html Sign(string shape) => Html.Of($"""<svg viewBox="0 0 18 14" aria-hidden="true">{new Html(shape)}</svg>""");
}
