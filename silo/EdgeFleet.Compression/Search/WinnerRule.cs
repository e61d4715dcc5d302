using System.Globalization;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>Decides which measured candidate a goal is best served by. Pure: the same figures give the same winner.</summary>
public static class WinnerRule
{
    /// <summary>Latencies within this share of each other are taken as equal: repeated measurements differ by as much.</summary>
    public const double LatencyNoise = 0.07;

    /// <summary>Sizes within this share of each other are taken as equal.</summary>
    public const double SizeNoise = 0.01;

    /// <summary>Losses within so many points of each other are taken as equal.</summary>
    public const double PointsNoise = 0.05;

    /// <summary>Why a candidate cannot win; null where it can.</summary>
    public static string? Rejection(CompressionGoal goal, QualityMeasurement? quality)
    {
        if (quality is null)
        {
            return "not measured";
        }

        if (!ParetoFront.IsMeasured(quality))
        {
            return "a measurement is missing";
        }

        if (goal.Broken(quality) is { } broken)
        {
            return broken;
        }

        if (goal.MostPointsLost is null && QualityFloor.ReasonToRefuse(quality) is { } floor)
        {
            return floor;
        }

        return !goal.MayBeSlower && quality.LatencyRatio > 1 + LatencyNoise
            ? string.Create(CultureInfo.InvariantCulture, $"slower than the original: {quality.LatencyRatio:0.00} of its time")
            : null;
    }

    /// <summary>The best of those that can win; null where none can.</summary>
    /// <param name="goal">What is wanted.</param>
    /// <param name="measured">In the order of trial, which decides between equals.</param>
    public static int? Choose(CompressionGoal goal, IReadOnlyList<QualityMeasurement?> measured)
    {
        var left = Enumerable.Range(0, measured.Count).Where(i => Rejection(goal, measured[i]) is null).ToList();
        if (left.Count == 0)
        {
            return null;
        }

        foreach (var figure in Order(goal.Objective))
        {
            var best = left.Min(i => figure.Of(measured[i]!));
            left.RemoveAll(i => figure.Of(measured[i]!) > figure.Limit(best));
        }

        return left[0];
    }

    /// <summary>The candidate that misses the goal by least; null where nothing was measured.</summary>
    public static int? Closest(CompressionGoal goal, IReadOnlyList<QualityMeasurement?> measured)
    {
        var all = Enumerable.Range(0, measured.Count).Where(i => measured[i] is { } m && ParetoFront.IsMeasured(m)).ToList();
        return all.Count == 0 ? null : all.MinBy(i => Shortfall(goal, measured[i]!));
    }

    /// <summary>How far beyond its limits a measurement is: the sum over limits of the excess, each over what it is measured in.</summary>
    private static double Shortfall(CompressionGoal goal, QualityMeasurement quality)
    {
        var share = (double)quality.SizeBytes / quality.SourceSizeBytes;
        static double Excess(double? limit, double value) => limit is { } most && value > most ? (value - most) / Math.Max(most, 1e-9) : 0;
        return (goal.MostPointsLost is { } points ? Math.Max(0, quality.PointsLost - points) / Math.Max(points, 0.5) : 0)
            + Excess(goal.MostBytes, quality.SizeBytes)
            + Excess(goal.MostSizeShare, share)
            + Excess(goal.MostLatencyMs, quality.LatencyMs)
            + Excess(goal.MostLatencyShare ?? (goal.MayBeSlower ? null : 1 + LatencyNoise), quality.LatencyRatio);
    }

    private static IReadOnlyList<Figure> Order(GoalObjective objective)
    {
        var latency = new Figure(q => q.LatencyRatio, best => best * (1 + LatencyNoise));
        var size = new Figure(q => q.SizeBytes, best => best * (1 + SizeNoise));
        var loss = new Figure(q => q.PointsLost, best => best + PointsNoise);
        return objective switch
        {
            GoalObjective.Fastest => [latency, size, loss],
            GoalObjective.Smallest => [size, loss, latency],
            _ => [loss, latency, size],
        };
    }

    private sealed record Figure(Func<QualityMeasurement, double> Of, Func<double, double> Limit);
}
