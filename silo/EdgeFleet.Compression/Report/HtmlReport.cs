using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>
/// A study as one HTML page that needs nothing else: no script, no network, pictures inline, light and dark, fit to print.
/// It is well-formed XML too. The same study gives the same page; long lists are cut, and say so.
/// </summary>
public static class HtmlReport
{
    /// <summary>Writes the page.</summary>
    /// <param name="study">What was tried; names in it may be anything.</param>
    /// <returns>The file's content.</returns>
    public static string Render(CompressionStudy study)
    {
        var rows = ReportRow.Of(study);
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>{study.Model} – compression report</title>
            <style>{new Html(ReportStyle.Css)}</style>
            </head>
            <body>
            <main>
            {VerdictSection.Of(study, rows)}
            {PictureSection.Of(rows)}
            {CandidateSection.Of(study, rows)}
            {LayerSection.Of(study, rows)}
            {HistogramSection.Of(study)}
            {PassSection.Of(study, rows)}
            {FactSection.Of(study)}
            </main>
            </body>
            </html>

            """).Markup;
    }
}
