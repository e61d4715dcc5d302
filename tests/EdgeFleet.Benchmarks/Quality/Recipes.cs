using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Benchmarks.Quality;

/// <summary>The recipes that are tried on every model.</summary>
internal static class Recipes
{
    public static IReadOnlyList<CompressionRecipe> All { get; } =
    [
        .. new[] { CompressionKind.Fp32, CompressionKind.Fp16, CompressionKind.Int8Dynamic, CompressionKind.Weights8, CompressionKind.Weights4 }
            .Select(k => new CompressionRecipe(k)),
        .. new[] { CompressionKind.Int8Reduced, CompressionKind.Int8Unsigned, CompressionKind.Int8 }.SelectMany(Static),
    ];

    private static IEnumerable<CompressionRecipe> Static(CompressionKind kind) =>
    [
        new(kind),
        new(kind) { Calibration = CalibrationMethod.Percentile },
        new(kind) { Calibration = CalibrationMethod.Mse },
        new(kind) { Calibration = CalibrationMethod.Entropy },
    ];
}
