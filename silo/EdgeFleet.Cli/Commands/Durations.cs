using System.Globalization;

namespace EdgeFleet.Cli.Commands;

/// <summary>Times as people write them: <c>500ms</c>, <c>2s</c>, <c>1.5m</c>, <c>1h</c>.</summary>
internal static class Durations
{
    private static readonly IReadOnlyList<(string Suffix, double Seconds)> Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>False for anything without a unit, negative, or above 30 days.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        foreach (var (suffix, seconds) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * seconds <= TimeSpan.FromDays(30).TotalSeconds)
            {
                value = TimeSpan.FromSeconds(number * seconds);
                return true;
            }
        }

        value = default;
        return false;
    }
}
