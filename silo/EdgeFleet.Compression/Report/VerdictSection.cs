using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>The answer first: what was asked for, what was chosen, its three figures, and what was given up for it.</summary>
internal static class VerdictSection
{
    public static Html Of(CompressionStudy study, IReadOnlyList<ReportRow> rows)
    {
        var chosen = Chosen(study, rows);
        return Html.Of($"""
            <header class="sheet verdict{(study.Winner is null ? " none" : "")}">
            <p class="over">Compression report · {study.Target}</p>
            <h1>{study.Model}</h1>
            <p class="answer">{study.Verdict}</p>
            {(study.Goal is null ? Html.Empty : Html.Of($"""<p class="soft">Goal: {study.Goal}</p>"""))}
            {(chosen?.Quality is { } quality ? Tiles(chosen, quality) : Html.Empty)}
            </header>
            {GivenUp(rows, chosen)}
            """);
    }

    /// <summary>The winner, or where there is none the candidate nearest to the goal.</summary>
    public static ReportRow? Chosen(CompressionStudy study, IReadOnlyList<ReportRow> rows) =>
        (study.Winner ?? study.Closest) is { } index && index >= 0 && index < rows.Count ? rows[index] : null;

    private static Html Tiles(ReportRow row, QualityMeasurement q)
    {
        var measured = q is { LatencyMs: > 0, SourceLatencyMs: > 0 };
        return Html.Of($"""
            <p class="over" style="margin-top:1rem">{(row.IsWinner ? "Chosen" : "Closest")}: <a href="#c{row.Number}"><b>{row.Candidate.Name}</b></a></p>
            <div class="tiles" style="margin-top:0.25rem">
            {Tile("Size", Figures.Bytes(q.SourceSizeBytes), Figures.Bytes(q.SizeBytes), $"{Figures.Share(row.SizeShare)} of the original")}
            {(q.Accuracy is null
                ? Tile("Agreement with the original", "", Figures.Percent(q.Top1Agreement), $"on {q.Samples} samples without labels")
                : Tile("Accuracy", Figures.Percent(q.SourceAccuracy), Figures.Percent(q.Accuracy), Lost(q)))}
            {Tile("Latency, batch 1, one thread", measured ? Figures.Milliseconds(q.SourceLatencyMs) : "", Figures.Milliseconds(q.LatencyMs), measured ? $"{Figures.Ratio(row.LatencyRatio)} of the original's time" : "not measured")}
            </div>
            """);
    }

    private static string Lost(QualityMeasurement q) =>
        $"{(q.PointsLost < -0.005 ? $"{Figures.Points(-q.PointsLost)} points gained" : $"{Figures.Points(q.PointsLost)} points lost")} on {q.Samples} samples";

    private static Html Tile(string what, string before, string now, string note) => Html.Of($"""
        <div class="tile"><span>{what}</span><b>{(before.Length == 0 ? Html.Empty : Html.Of($"""<span style="font-size:inherit">{before} → </span>"""))}<span class="now" style="font-size:inherit">{now}</span></b><small>{note}</small></div>
        """);

    /// <summary>The best of all candidates in each figure, where that is another one.</summary>
    private static Html GivenUp(IReadOnlyList<ReportRow> rows, ReportRow? chosen)
    {
        if (chosen?.Quality is null)
        {
            return Html.Empty;
        }

        var measured = rows.Where(r => r.Quality is not null).ToList();
        (string What, ReportRow? Row)[] best =
        [
            ("Smallest", measured.MinBy(r => r.SizeBytes)),
            ("Most accurate", measured.MinBy(r => r.PointsLost)),
            ("Fastest", measured.Where(r => double.IsFinite(r.LatencyRatio)).MinBy(r => r.LatencyRatio)),
        ];
        var lines = best.Where(b => b.Row is not null).Select(b => IsAsGood(b.What, b.Row!, chosen)
            ? Html.Of($"""<tr><td>{b.What}</td><td colspan="5">the chosen one</td></tr>""")
            : Html.Of($"""
                <tr><td>{b.What}</td><td><a href="#c{b.Row!.Number}">{b.Row.Number}</a> {b.Row.Candidate.Name}</td><td class="n">{Figures.Share(b.Row.SizeShare)}</td><td class="n">{Figures.Points(b.Row.PointsLost)}</td><td class="n">{Figures.Ratio(b.Row.LatencyRatio)}</td><td>{b.Row.Candidate.RejectedBecause ?? ""}</td></tr>
                """)).ToList();
        return Html.Of($"""
            <section><h2>What was given up for it</h2>
            <p class="note">The best of everything tried in each figure by itself.</p>
            <div class="sheet"><table><thead><tr><th>Best in</th><th>Candidate</th><th class="n">Size</th><th class="n">Points lost</th><th class="n">Latency ratio</th><th>Why not chosen</th></tr></thead>
            <tbody>{lines}</tbody></table></div></section>
            """);
    }

    private static bool IsAsGood(string what, ReportRow best, ReportRow chosen) => ReferenceEquals(best, chosen) || what switch
    {
        "Smallest" => chosen.SizeBytes <= best.SizeBytes,
        "Most accurate" => chosen.PointsLost <= best.PointsLost,
        _ => chosen.LatencyRatio <= best.LatencyRatio,
    };
}
