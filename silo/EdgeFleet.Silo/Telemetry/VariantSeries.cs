using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Devices;

namespace EdgeFleet.Silo.Telemetry;

/// <summary>What all devices of one hardware class did with one variant.</summary>
/// <param name="Hardware">One of a small set, whatever a device claims.</param>
/// <param name="Totals">Their sum.</param>
internal sealed record VariantSeries(string Hardware, VariantTotals Totals)
{
    /// <summary>Series beyond are left out, the least used first.</summary>
    public const int Most = 1000;

    private static readonly string[] Known = ["x64", "x64-avx2", "x64-vnni", "x86", "arm", "arm64", "arm64-dotprod"];

    /// <summary>Sums over the fleet; the most used first.</summary>
    public static IReadOnlyList<VariantSeries> Of(IEnumerable<DeviceView> devices) =>
    [
        .. devices
            .SelectMany(d => d.Totals.Select(t => (Hardware: ClassOf(d.Capabilities), Totals: t)))
            .GroupBy(p => (p.Hardware, p.Totals.Variant, p.Totals.Model, p.Totals.Profile))
            .Select(g => new VariantSeries(g.Key.Hardware, g.Select(p => p.Totals).Aggregate(Add)))
            .OrderByDescending(s => s.Totals.Inferences).ThenBy(s => s.Totals.Variant.Value, StringComparer.Ordinal)
            .Take(Most),
    ];

    private static string ClassOf(DeviceCapabilities? capabilities)
    {
        var name = capabilities?.HardwareClass ?? "";
        var plain = name.EndsWith("-cuda", StringComparison.Ordinal) ? name[..^"-cuda".Length] : name;
        return Known.Contains(plain, StringComparer.Ordinal) ? name : "other";
    }

    private static VariantTotals Add(VariantTotals a, VariantTotals b) => a with
    {
        Inferences = a.Inferences + b.Inferences,
        Errors = a.Errors + b.Errors,
        Labelled = a.Labelled + b.Labelled,
        Correct = a.Correct + b.Correct,
        Latency = a.Latency.Add(b.Latency),
    };
}
