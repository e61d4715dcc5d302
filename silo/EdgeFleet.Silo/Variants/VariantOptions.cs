using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Variants;

/// <summary>How variants are produced. Section <c>Variants</c>.</summary>
internal sealed class VariantOptions
{
    public const string Section = "Variants";

    /// <summary>Productions at once; others wait. Each takes about one processor and a few times the model's size in memory. 1 to 64.</summary>
    [Range(1, 64)]
    public int Workers { get; set; } = 1;

    /// <summary>A production that takes longer is given up. 1 to 1440 minutes.</summary>
    [Range(1, 1440)]
    public int TimeLimitMinutes { get; set; } = 10;

    /// <summary>Interleaved timed runs of variant and original; 0 measures no latency. 0 to 10,000.</summary>
    [Range(0, 10_000)]
    public int LatencyRuns { get; set; } = 60;
}

[OptionsValidator]
internal sealed partial class VariantOptionsValidator : IValidateOptions<VariantOptions>;
