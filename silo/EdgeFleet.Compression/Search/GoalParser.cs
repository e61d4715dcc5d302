using System.Globalization;
using System.Text.RegularExpressions;

namespace EdgeFleet.Compression.Search;

/// <summary>
/// Reads a goal in a user's words: clauses between commas, "and" or ";", each a limit or an objective:
/// <c>at most 0.5 points lost</c>, <c>under 2 MB</c>, <c>at most 30 % of the size</c>, <c>under 5 ms</c>,
/// <c>at most 80 % of the time</c>, <c>twice as fast</c>, <c>fastest</c>, <c>smallest</c>, <c>most accurate</c>.
/// </summary>
public static partial class GoalParser
{
    /// <summary>Longest goal read, in characters.</summary>
    public const int MostCharacters = 500;

    private const string Examples = "Say for example: \"at most 0.5 points lost, under 2 MB, fastest\"; limits are points lost, a size "
        + "(kB, MB, KiB, MiB, bytes, or % of the size) and a latency (ms, or % of the time); then fastest, smallest or most accurate.";

    /// <exception cref="FormatException">A clause is not understood; says which, and what is.</exception>
    public static CompressionGoal Parse(string text)
    {
        if (text.Length > MostCharacters)
        {
            throw new FormatException($"A goal has at most {MostCharacters} characters. {Examples}");
        }

        var goal = new CompressionGoal(GoalObjective.Fastest);
        var objectives = 0;
        foreach (var clause in Separators().Split(text.Trim().ToLowerInvariant()).Select(c => c.Trim().TrimEnd('.')).Where(c => c.Length > 0))
        {
            if (ObjectiveOf(clause) is { } objective)
            {
                goal = goal with { Objective = objective };
                objectives++;
            }
            else
            {
                goal = WithLimit(goal, clause) ?? throw new FormatException($"'{clause}' is not understood. {Examples}");
            }
        }

        if (objectives > 1)
        {
            throw new FormatException($"'{text}' names more than one of fastest, smallest and most accurate. {Examples}");
        }

        return objectives > 0 || HasLimit(goal) ? goal : throw new FormatException($"The goal is empty. {Examples}");
    }

    private static bool HasLimit(CompressionGoal goal) =>
        goal.MostPointsLost is not null || goal.MostBytes is not null || goal.MostSizeShare is not null || goal.MostLatencyMs is not null || goal.MostLatencyShare is not null;

    private static GoalObjective? ObjectiveOf(string clause) => Objectives().Match(clause) is not { Success: true } match ? null
        : match.Groups["fast"].Success ? GoalObjective.Fastest
        : match.Groups["small"].Success ? GoalObjective.Smallest
        : GoalObjective.MostAccurate;

    private static CompressionGoal? WithLimit(CompressionGoal goal, string clause)
    {
        if (clause is "no loss" or "lossless" or "nothing lost")
        {
            return goal with { MostPointsLost = 0 };
        }

        if (clause is "not slower" or "no slower")
        {
            return goal with { MostLatencyShare = 1 };
        }

        if (TimesFaster().Match(clause) is { Success: true } faster)
        {
            var times = faster.Groups["word"].Success ? 2 : Number(faster.Groups["n"].Value);
            return times > 0 ? goal with { MostLatencyShare = 1 / times } : null;
        }

        if (Limit().Match(clause) is not { Success: true } match)
        {
            return null;
        }

        var value = Number(match.Groups["n"].Value);
        return match.Groups["unit"].Value switch
        {
            "point" or "points" or "pp" => goal with { MostPointsLost = value },
            "%" or "percent" when match.Groups["of"].Value.Contains("time", StringComparison.Ordinal) || match.Groups["of"].Value.Contains("latency", StringComparison.Ordinal)
                => goal with { MostLatencyShare = value / 100 },
            "%" or "percent" when match.Groups["of"].Value.Contains("size", StringComparison.Ordinal) || match.Groups["of"].Value.Contains("bytes", StringComparison.Ordinal)
                => goal with { MostSizeShare = value / 100 },
            "%" or "percent" when match.Groups["of"].Value.Contains("lost", StringComparison.Ordinal) || match.Groups["of"].Value.Contains("loss", StringComparison.Ordinal)
                => goal with { MostPointsLost = value },
            "b" or "byte" or "bytes" => goal with { MostBytes = Bytes(value, 1) },
            "kb" or "k" => goal with { MostBytes = Bytes(value, 1e3) },
            "mb" or "m" => goal with { MostBytes = Bytes(value, 1e6) },
            "gb" or "g" => goal with { MostBytes = Bytes(value, 1e9) },
            "kib" => goal with { MostBytes = Bytes(value, 1 << 10) },
            "mib" => goal with { MostBytes = Bytes(value, 1 << 20) },
            "gib" => goal with { MostBytes = Bytes(value, 1 << 30) },
            "ms" or "milliseconds" => goal with { MostLatencyMs = value },
            "us" or "µs" or "microseconds" => goal with { MostLatencyMs = value / 1000 },
            _ => null,
        };
    }

    private static long Bytes(double value, double unit) => (long)Math.Min(long.MaxValue / 2, value * unit);

    private static double Number(string text) => double.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\s*[,;]\s*|\s+and\s+", RegexOptions.None, 1000)]
    private static partial Regex Separators();

    [GeneratedRegex(@"^(as\s+)?(the\s+)?((?<fast>fast(est)?|lowest latency|least latency|quickest)|(?<small>small(est)?|tiniest|least bytes)|(?<accurate>most accurate|best accuracy|highest accuracy|least loss|accurate))( as possible)?( (on|for) (this|the) (target|processor|device))?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Objectives();

    [GeneratedRegex(@"^((?<word>twice|double)|(?<n>\d{1,6}(\.\d{1,6})?)\s*(x|times))( as fast| the speed| faster)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TimesFaster();

    [GeneratedRegex(@"^((loses?|size|latency|file)\s+)?((at most|no more than|max(imum)?|up to|under|below|less than|within|<=?|≤)\s*)(?<n>\d{1,12}(\.\d{1,9})?)\s*(?<unit>points?|pp|%|percent|bytes?|[kmg]i?b|b|k|m|g|ms|milliseconds|us|µs|microseconds)(?<of>( of)?( the)?( original'?s?)?( accuracy)?( size| time| latency| bytes)?( lost| loss)?)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Limit();
}
