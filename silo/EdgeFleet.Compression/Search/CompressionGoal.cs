using System.Globalization;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>What is best among the variants that keep all limits.</summary>
public enum GoalObjective
{
    /// <summary>Least latency at batch 1 on one thread.</summary>
    Fastest,

    /// <summary>Fewest bytes.</summary>
    Smallest,

    /// <summary>Least loss.</summary>
    MostAccurate,
}

/// <summary>What a user wants of a variant: limits that must hold, and what is best among those that hold them.</summary>
/// <param name="Objective">What is best.</param>
public sealed record CompressionGoal(GoalObjective Objective)
{
    /// <summary>Most percentage points of accuracy lost against the original (without labels: of agreement with it); at least 0.</summary>
    public double? MostPointsLost { get; init; }

    /// <summary>Most bytes.</summary>
    public long? MostBytes { get; init; }

    /// <summary>Most bytes as a share of the original's.</summary>
    public double? MostSizeShare { get; init; }

    /// <summary>Longest median latency in milliseconds, as measured here.</summary>
    public double? MostLatencyMs { get; init; }

    /// <summary>Longest median latency as a share of the original's.</summary>
    public double? MostLatencyShare { get; init; }

    /// <summary>True where a variant may be slower than the original: only when size is what is asked for, and no limit says otherwise.</summary>
    public bool MayBeSlower => Objective == GoalObjective.Smallest && MostLatencyShare is null;

    /// <summary>
    /// The first limit that a measurement breaks, in words with its figures; null where it keeps all. A figure that was not
    /// measured breaks the limit that it is for.
    /// </summary>
    public string? Broken(QualityMeasurement quality)
    {
        if (MostPointsLost is { } points && !(quality.PointsLost <= points + 1e-9))
        {
            return Say($"loses {quality.PointsLost:0.00} points{(quality.Accuracy is null ? " of agreement" : "")}, {points:0.##} are allowed");
        }

        if (MostBytes is { } bytes && quality.SizeBytes > bytes)
        {
            return Say($"{quality.SizeBytes:#,0} bytes, {bytes:#,0} are allowed");
        }

        var share = quality.SourceSizeBytes > 0 ? (double)quality.SizeBytes / quality.SourceSizeBytes : double.NaN;
        if (MostSizeShare is { } size && !(share <= size))
        {
            return Say($"{share:0.000} of the original's size, {size:0.###} is allowed");
        }

        if (MostLatencyMs is { } ms && !(quality.LatencyMs > 0 && quality.LatencyMs <= ms))
        {
            return quality.LatencyMs > 0 ? Say($"takes {quality.LatencyMs:0.000} ms, {ms:0.###} are allowed") : "its latency was not measured";
        }

        var ratio = quality.LatencyMs > 0 && quality.SourceLatencyMs > 0 ? quality.LatencyRatio : double.NaN;
        return MostLatencyShare is { } latency && !(ratio <= latency)
            ? double.IsNaN(ratio) ? "its latency was not measured" : Say($"takes {ratio:0.00} of the original's time, {latency:0.##} is allowed")
            : null;
    }

    /// <summary>The goal in the words that <see cref="GoalParser"/> reads.</summary>
    public override string ToString()
    {
        var words = new List<string>();
        void Add(FormattableString text) => words.Add(text.ToString(CultureInfo.InvariantCulture));
        if (MostPointsLost is { } points)
        {
            Add($"at most {points} points lost");
        }

        if (MostBytes is { } bytes)
        {
            Add($"at most {bytes} bytes");
        }

        if (MostSizeShare is { } share)
        {
            Add($"at most {share * 100} % of the size");
        }

        if (MostLatencyMs is { } ms)
        {
            Add($"at most {ms} ms");
        }

        if (MostLatencyShare is { } latency)
        {
            Add($"at most {latency * 100} % of the time");
        }

        words.Add(Objective switch { GoalObjective.Fastest => "fastest", GoalObjective.Smallest => "smallest", _ => "most accurate" });
        return string.Join(", ", words);
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
