using System.Globalization;

namespace EdgeFleet.Compression.Report;

/// <summary>Numbers as a reader wants them: three or four digits, with a unit.</summary>
internal static class Figures
{
    public const string None = "–";

    public static string Bytes(double bytes) => bytes switch
    {
        < 1000 => Say($"{bytes:0} B"),
        < 100_000 => Say($"{bytes / 1000:0.0} kB"),
        < 1_000_000 => Say($"{bytes / 1000:0} kB"),
        < 1_000_000_000 => Say($"{bytes / 1_000_000:0.00} MB"),
        _ => Say($"{bytes / 1_000_000_000:0.00} GB"),
    };

    /// <summary>A round number of bytes, beside an axis.</summary>
    public static string ByteTick(double bytes) => bytes switch
    {
        <= 0 => "0",
        < 1000 => Say($"{bytes:0} B"),
        < 1_000_000 => Say($"{bytes / 1000:0.##} kB"),
        < 1_000_000_000 => Say($"{bytes / 1_000_000:0.##} MB"),
        _ => Say($"{bytes / 1_000_000_000:0.##} GB"),
    };

    public static string Share(double share) => double.IsFinite(share) ? Say($"{share * 100:0.0} %") : None;

    /// <summary>Accuracy or agreement.</summary>
    public static string Percent(double? share) => share is { } value && double.IsFinite(value) ? Say($"{value * 100:0.00} %") : None;

    public static string Points(double points) => !double.IsFinite(points) ? None : Math.Abs(points) < 0.005 ? "0.00" : points < 0 ? Say($"−{-points:0.00}") : Say($"{points:0.00}");

    public static string Milliseconds(double ms) => ms switch
    {
        <= 0 or double.NaN => None,
        < 1 => Say($"{ms * 1000:0} µs"),
        < 100 => Say($"{ms:0.00} ms"),
        _ => Say($"{ms:0} ms"),
    };

    public static string Ratio(double ratio) => double.IsFinite(ratio) ? Say($"{ratio:0.00}") : None;

    public static string Decibels(double db) => db >= 199 ? "exact" : db <= -199 ? "nothing alike" : double.IsFinite(db) ? Say($"{db:0.0} dB") : None;

    public static string Seconds(double seconds) => seconds < 120 ? Say($"{seconds:0.0} s") : Say($"{seconds / 60:0.0} min");

    /// <summary>A value of an activation.</summary>
    public static string Value(double value) => !double.IsFinite(value) ? None : Math.Abs(value) switch
    {
        0 => "0",
        < 0.001 or >= 100_000 => Say($"{value:0.0e+0}"),
        < 1 => Say($"{value:0.000}"),
        < 100 => Say($"{value:0.00}"),
        _ => Say($"{value:0}"),
    };

    public static string Times(int count, string thing) => Say($"{count} {thing}{(count == 1 ? "" : "s")}");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture).Replace('-', '−');
}
