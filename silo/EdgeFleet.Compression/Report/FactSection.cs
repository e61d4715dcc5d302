using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>How it was measured: enough to do it again.</summary>
internal static class FactSection
{
    public static Html Of(CompressionStudy study)
    {
        var slowest = study.Candidates.Count == 0 ? "" : $"; {Figures.Times(study.Candidates.Count, "candidate")}, {Figures.Seconds(study.Candidates.Sum(c => c.Seconds))} to make and measure them, the longest {Figures.Seconds(study.Candidates.Max(c => c.Seconds))}";
        var winner = study.Winner is { } index && index >= 0 && index < study.Candidates.Count ? study.Candidates[index] : null;
        return Html.Of($"""
            <section><h2>How it was measured</h2>
            <div class="sheet"><dl>
            <dt>Model</dt><dd>{study.Model}, {Figures.Bytes(study.SourceSizeBytes)}, SHA-256 {study.ModelSha256}</dd>
            {(winner?.Sha256 is { } sha ? Html.Of($"<dt>Chosen file</dt><dd>{winner.Name}, SHA-256 {sha}</dd>") : Html.Empty)}
            <dt>Made for</dt><dd>{study.Target}</dd>
            <dt>Measured on</dt><dd>{study.MeasuredOn}</dd>
            <dt>Calibration</dt><dd>{study.Calibration}</dd>
            <dt>Goal</dt><dd>{study.Goal ?? "none; one form was asked for"}</dd>
            <dt>Seed</dt><dd>{study.Seed}; the same model, samples, goal and seed give the same files</dd>
            <dt>Time</dt><dd>{Figures.Seconds(study.Seconds)}{slowest}</dd>
            {study.Tolerance.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => Html.Of($"<dt>Golden tolerance</dt><dd>output {t.Key}: each element within {Figures.Value(t.Value)}</dd>"))}
            </dl></div></section>
            """);
    }
}
