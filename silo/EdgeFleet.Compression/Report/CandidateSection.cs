using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>Every candidate with its figures, and why it was not chosen.</summary>
internal static class CandidateSection
{
    public static Html Of(CompressionStudy study, IReadOnlyList<ReportRow> rows)
    {
        var labelled = rows.Any(r => r.Quality?.Accuracy is not null);
        var source = rows.Select(r => r.Quality).FirstOrDefault(q => q is not null);
        var latency = rows.Select(r => r.Quality?.SourceLatencyMs ?? 0).FirstOrDefault(ms => ms > 0);
        return Html.Of($"""
            <section><h2>All candidates</h2>
            <p class="note">In the order of trial. Grey: another one is at least as good in size, {(labelled ? "accuracy" : "agreement")} and latency, and better in one.</p>
            <div class="sheet scroll"><table>
            <thead><tr><th class="n">#</th><th style="width:24%">Form and settings</th><th class="n">Size</th><th class="n">Share</th><th class="n">{(labelled ? "Accuracy" : "Agreement")}</th><th class="n">Points lost</th><th class="n">Latency</th><th class="n">Ratio</th><th style="width:30%">Verdict</th></tr></thead>
            <tbody>
            <tr><td class="n"></td><td>original</td><td class="n">{Figures.Bytes(study.SourceSizeBytes)}</td><td class="n">100.0 %</td><td class="n">{Figures.Percent(source?.SourceAccuracy)}</td><td class="n"></td><td class="n">{Figures.Milliseconds(latency)}</td><td class="n">{(latency > 0 ? "1.00" : Figures.None)}</td><td class="soft">reference</td></tr>
            {rows.Select(Row)}
            </tbody></table></div></section>
            """);
    }

    private static Html Row(ReportRow row)
    {
        var c = row.Candidate;
        var kind = row.IsWinner ? "winner" : c.OnFront ? "" : "dominated";
        var figures = row.Quality is { } q
            ? Html.Of($"""
                <td class="n">{Figures.Bytes(q.SizeBytes)}</td><td class="n">{Figures.Share(row.SizeShare)}</td><td class="n">{Figures.Percent(row.Right)}</td><td class="n">{Figures.Points(row.PointsLost)}</td><td class="n">{Figures.Milliseconds(q.LatencyMs)}</td><td class="n">{Figures.Ratio(row.LatencyRatio)}</td>
                """)
            : Html.Of($"""<td colspan="6" class="soft">not measured</td>""");
        var verdict = row.IsWinner ? Html.Of($"""<span class="tag">chosen</span>""") : Html.Of($"{c.RejectedBecause ?? ""}");
        var settings = c.Recipe.ToString();
        return Html.Of($"""
            <tr id="c{row.Number}" class="{kind}"><td class="n">{row.Number}</td><td>{c.Name}{(settings == c.Name ? Html.Empty : Html.Of($"""<br/><small class="soft">{settings}</small>"""))}</td>{figures}<td>{verdict}</td></tr>
            """);
    }
}
