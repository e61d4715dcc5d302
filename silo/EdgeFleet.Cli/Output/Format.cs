using System.Globalization;

namespace EdgeFleet.Cli.Output;

/// <summary>Numbers as people read them; absent ones are "-".</summary>
internal static class Format
{
    private const string Absent = "-";

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = unit == 0 || value >= 100 || value == Math.Floor(value) ? "0" : value >= 10 ? "0.0" : "0.00";
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Milliseconds(double? milliseconds) =>
        milliseconds is not { } value || double.IsNaN(value)
            ? Absent
            : value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture) + " ms";

    /// <param name="share">In [0, 1].</param>
    public static string Percent(double? share) =>
        share is not { } value || double.IsNaN(value) ? Absent : (100 * value).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    public static string Ratio(double? ratio) =>
        ratio is not { } value || double.IsNaN(value) ? Absent : value.ToString("0.00", CultureInfo.InvariantCulture);

    public static string Age(DateTimeOffset? at, DateTimeOffset now)
    {
        if (at is not { } then)
        {
            return "never";
        }

        var age = now - then;
        return age switch
        {
            { TotalSeconds: < 2 } => "now",
            { TotalSeconds: < 120 } => $"{(int)age.TotalSeconds} s ago",
            { TotalMinutes: < 120 } => $"{(int)age.TotalMinutes} min ago",
            { TotalHours: < 48 } => $"{(int)age.TotalHours} h ago",
            _ => $"{(int)age.TotalDays} d ago",
        };
    }
}
