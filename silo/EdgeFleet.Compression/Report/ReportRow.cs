using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>A candidate as the report numbers it.</summary>
/// <param name="Number">From 1, in the order of trial.</param>
/// <param name="Candidate">What was tried.</param>
/// <param name="IsWinner">Handed out.</param>
internal sealed record ReportRow(int Number, StudyCandidate Candidate, bool IsWinner)
{
    public QualityMeasurement? Quality => Candidate.Quality;

    /// <summary>Share in [0, 1]: of labels, or without labels of the original's answers.</summary>
    public double Right => Quality is { } q ? q.Accuracy ?? q.Top1Agreement : double.NaN;

    public double SizeBytes => Quality?.SizeBytes ?? double.NaN;

    public double SizeShare => Quality is { SourceSizeBytes: > 0 } q ? (double)q.SizeBytes / q.SourceSizeBytes : double.NaN;

    /// <summary>Of the original's time; not a number where it was not measured.</summary>
    public double LatencyRatio => Quality is { LatencyMs: > 0, SourceLatencyMs: > 0 } q ? q.LatencyRatio : double.NaN;

    public double PointsLost => Quality?.PointsLost ?? double.NaN;

    public string Tooltip =>
        $"{Number} {Candidate.Name}: {Figures.Bytes(SizeBytes)} ({Figures.Share(SizeShare)}), {Figures.Percent(Right)} right, {Figures.Points(PointsLost)} points lost, {Figures.Ratio(LatencyRatio)} of the time";

    public static IReadOnlyList<ReportRow> Of(CompressionStudy study) => [.. study.Candidates.Select((c, i) => new ReportRow(i + 1, c, i == study.Winner))];
}
