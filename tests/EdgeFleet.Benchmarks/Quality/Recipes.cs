using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Benchmarks.Quality;

/// <summary>The recipes that are tried on every model.</summary>
internal static class Recipes
{
    public static IReadOnlyList<CompressionRecipe> For(IReadOnlyList<string> layers) =>
    [
        new(CompressionKind.Fp32),
        new(CompressionKind.Fp16),
        new(CompressionKind.Int8Dynamic),
        new(CompressionKind.Int8Dynamic) { PerTensorWeights = true },
        .. new[] { CompressionKind.Weights8, CompressionKind.Weights4 }.SelectMany(WeightOnly),
        .. new[] { CompressionKind.Int8Reduced, CompressionKind.Int8Unsigned, CompressionKind.Int8 }.SelectMany(k => Static(k, layers)),
    ];

    private static IEnumerable<CompressionRecipe> WeightOnly(CompressionKind kind) =>
        from rounding in Enum.GetValues<WeightRounding>()
        from block in new[] { 16, 32, 128 }
        select new CompressionRecipe(kind) { Rounding = rounding, BlockSize = block };

    private static IEnumerable<CompressionRecipe> Static(CompressionKind kind, IReadOnlyList<string> layers)
    {
        foreach (var method in Enum.GetValues<CalibrationMethod>())
        {
            yield return new(kind) { Calibration = method };
            yield return new(kind) { Calibration = method, PerTensorWeights = true };
        }

        yield return new(kind) { Equalize = true };
        yield return new(kind) { Smooth = true };
        yield return new(kind) { AdaRound = true };
        yield return new(kind) { CorrectBias = true };
        yield return new(kind) { Equalize = true, CorrectBias = true, Calibration = CalibrationMethod.Mse };
        foreach (var count in new[] { 1, 2, 3, 5, 6 }.Where(c => c < layers.Count))
        {
            yield return new(kind) { KeepFloat = [.. layers.Take(count)] };
            yield return new(kind) { KeepFloat = [.. layers.Take(count)], Calibration = CalibrationMethod.Mse };
        }
    }
}
