using System.Globalization;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>Says in words, with figures, why a candidate won or why none did.</summary>
internal static class Verdict
{
    public static string Of(CompressionGoal goal, IReadOnlyList<StudyCandidate> candidates, int? winner, int? closest)
    {
        var text = winner is { } w ? Won(goal, candidates, w)
            : closest is { } c ? Say($"No candidate reaches the goal ({goal}). Closest is {Figures(candidates[c])}: {candidates[c].RejectedBecause}.")
            : "No form of the model could be measured.";
        return text + SlowIntegers(candidates);
    }

    /// <summary>Why one that could have won did not.</summary>
    public static string Against(CompressionGoal goal, QualityMeasurement other, QualityMeasurement winner)
    {
        var (time, size, loss) = (
            Say($"{other.LatencyRatio:0.00} of the time against {winner.LatencyRatio:0.00}"),
            Say($"{other.SizeBytes:#,0} bytes against {winner.SizeBytes:#,0}"),
            Say($"{other.PointsLost:0.00} points lost against {winner.PointsLost:0.00}"));
        var (slower, larger, lossier) = (
            other.LatencyRatio > winner.LatencyRatio * (1 + WinnerRule.LatencyNoise),
            other.SizeBytes > winner.SizeBytes * (1 + WinnerRule.SizeNoise),
            other.PointsLost > winner.PointsLost + WinnerRule.PointsNoise);
        return goal.Objective switch
        {
            GoalObjective.Fastest => slower ? time : larger ? size : lossier ? loss : "no better than the winner",
            GoalObjective.Smallest => larger ? size : lossier ? loss : slower ? time : "no better than the winner",
            _ => lossier ? loss : slower ? time : larger ? size : "no better than the winner",
        };
    }

    private static string Won(CompressionGoal goal, IReadOnlyList<StudyCandidate> candidates, int winner)
    {
        var can = candidates.Count(c => WinnerRule.Rejection(goal, c.Quality) is null);
        var best = goal.Objective switch { GoalObjective.Fastest => "fastest", GoalObjective.Smallest => "smallest", _ => "most accurate" };
        return Say($"{Figures(candidates[winner])}. Of {candidates.Count} candidates tried, {can} reach the goal ({goal}); this is the {best}")
            + Say($" (differences below {WinnerRule.LatencyNoise:P0} of the time, {WinnerRule.SizeNoise:P0} of the size and {WinnerRule.PointsNoise} points count as none).");
    }

    private static string SlowIntegers(IReadOnlyList<StudyCandidate> candidates)
    {
        var integers = candidates.Where(c => CompressionKinds.NeedsCalibration(c.Recipe.Kind) && c.Quality is { LatencyMs: > 0 }).ToList();
        return integers.Count > 0 && integers.MinBy(c => c.Quality!.LatencyRatio) is { } fastest && fastest.Quality!.LatencyRatio > 1
            ? Say($" Static int8 is slower than float on this processor: {fastest.Name} takes {fastest.Quality.LatencyRatio:0.00} of the original's time.")
            : "";
    }

    private static string Figures(StudyCandidate candidate) => candidate.Quality is not { } quality ? candidate.Name
        : Say($"{candidate.Name}: {quality.SizeBytes:#,0} bytes ({(double)quality.SizeBytes / quality.SourceSizeBytes:0.000} of the original), ")
            + Say($"{quality.PointsLost:0.00} points{(quality.Accuracy is null ? " of agreement" : "")} lost, {quality.LatencyRatio:0.00} of its time");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
