using System.Globalization;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Silo.Dashboard;

/// <summary>Numbers and states as people read them; absent ones are a dash.</summary>
internal static class Words
{
    public const string Absent = "–";

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(long? bytes)
    {
        if (bytes is not { } number)
        {
            return Absent;
        }

        double value = number;
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

    /// <summary>"1.4× as fast", from the time that it needs relative to the original's.</summary>
    public static string Speed(double? latencyRatio) =>
        latencyRatio is not ({ } value and > 0) || double.IsNaN(value)
            ? Absent
            : (1 / value).ToString("0.0#", CultureInfo.InvariantCulture) + "×";

    public static string Age(DateTimeOffset? at, DateTimeOffset now) => at is not { } then
        ? "never"
        : (now - then) switch
        {
            { TotalSeconds: < 5 } => "now",
            { TotalSeconds: < 120 } age => $"{(int)age.TotalSeconds} s ago",
            { TotalMinutes: < 120 } age => $"{(int)age.TotalMinutes} min ago",
            { TotalHours: < 48 } age => $"{(int)age.TotalHours} h ago",
            var age => $"{(int)age.TotalDays} d ago",
        };

    public static string Clock(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Of(RolloutStatus status) => status switch
    {
        RolloutStatus.RollingBack => "Rolling back",
        RolloutStatus.RolledBack => "Rolled back",
        _ => status.ToString(),
    };

    public static string Of(ExecutionStatus status) => status switch
    {
        ExecutionStatus.InProgress => "In progress",
        ExecutionStatus.RolledBack => "Rolled back",
        ExecutionStatus.Succeeded => "Proved",
        _ => status.ToString(),
    };

    /// <summary><c>x64-vnni · 2 cores · 64 MiB · fp32 only</c>.</summary>
    public static string Hardware(DeviceCapabilities? capabilities) => capabilities is null
        ? "hardware not known yet"
        : string.Join(" · ", new[]
        {
            capabilities.HardwareClass,
            capabilities.Cores == 1 ? "1 core" : $"{capabilities.Cores} cores",
            Bytes(capabilities.MemoryBytes),
            capabilities.Precisions.Count == 0 ? "" : string.Join('/', capabilities.Precisions) + " only",
        }.Where(part => part.Length > 0));
}
