using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>What every pass changed.</summary>
internal static class PassSection
{
    public static Html Of(CompressionStudy study, IReadOnlyList<ReportRow> rows)
    {
        var chosen = VerdictSection.Chosen(study, rows);
        var others = rows.Where(r => !ReferenceEquals(r, chosen) && r.Candidate.Passes.Count > 0).ToList();
        return Html.Of($"""
            <section><h2>What the passes changed</h2>
            <div class="sheet"><h3>Preparation, shared by all candidates</h3>
            {Table(study.Preparation)}
            {(chosen is null ? Html.Empty : Html.Of($"""<h3 style="margin-top:1rem">{chosen.Candidate.Name}</h3>{Table(chosen.Candidate.Passes)}"""))}
            {others.Select(r => Html.Of($"""<details><summary>{r.Number} {r.Candidate.Name}</summary>{Table(r.Candidate.Passes)}</details>"""))}
            </div></section>
            """);
    }

    private static Html Table(IReadOnlyList<PassReport> passes)
    {
        var busy = passes.Where(p => p.Changes > 0 || p.Notes.Count > 0).ToList();
        var idle = passes.Where(p => p.Changes == 0 && p.Notes.Count == 0).Select(p => p.Name).ToList();
        var table = busy.Count == 0 ? Html.Empty : Html.Of($"""
            <table><thead><tr><th style="width:15rem">Pass</th><th class="n" style="width:5rem">Changes</th><th class="n" style="width:9rem">Nodes</th><th>Notes</th></tr></thead>
            <tbody>{busy.Select(Row)}</tbody></table>
            """);
        return Html.Of($"""{table}{(idle.Count == 0 ? Html.Empty : Html.Of($"""<p class="note">Nothing to change: {string.Join(", ", idle)}.</p>"""))}""");
    }

    private static Html Row(PassReport pass) => Html.Of($"""
        <tr><td>{pass.Name}</td><td class="n">{pass.Changes}</td><td class="n">{(pass.NodesBefore == pass.NodesAfter ? $"{pass.NodesAfter}" : $"{pass.NodesBefore} → {pass.NodesAfter}")}</td><td>{Notes(pass.Notes)}</td></tr>
        """);

    private static Html Notes(IReadOnlyList<string> notes)
    {
        const int Most = 12;
        return notes.Count switch
        {
            0 => Html.Empty,
            1 => Html.Of($"{notes[0]}"),
            _ => Html.Of($"""<ul class="plain">{notes.Take(Most).Select(n => Html.Of($"<li>{n}</li>"))}{(notes.Count > Most ? Html.Of($"<li>and {notes.Count - Most} more</li>") : Html.Empty)}</ul>"""),
        };
    }
}
