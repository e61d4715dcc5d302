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
        new(CompressionKind.Weights8),
        new(CompressionKind.Weights8) { Rounding = WeightRounding.Gptq },
        .. from rounding in Enum.GetValues<WeightRounding>() from block in new[] { 16, 32, 64 } select new CompressionRecipe(CompressionKind.Weights4) { Rounding = rounding, BlockSize = block },
        .. Static(new(CompressionKind.Int8Reduced)),
        .. new[] { 1, 5, 6 }.Where(c => c < layers.Count).SelectMany(c => FirstFloat(new(CompressionKind.Int8Reduced), layers, c)),
        .. Static(new(CompressionKind.Int8Unsigned)),
        new(CompressionKind.Int8),
        .. PerTensor(new(CompressionKind.Int8Reduced)),
        .. PerTensor(new(CompressionKind.Int8)),
        .. PerTensor(new(CompressionKind.Int8Signed)),
        new(CompressionKind.Int8Dynamic) { PerTensorWeights = true, FoldInputShift = true },
        new(CompressionKind.Int8Dynamic) { PerTensorWeights = true, FoldInputShift = true, KeepFloat = [.. layers.TakeLast(1)] },
        new(CompressionKind.Int8Reduced) { PerTensorWeights = true, FoldInputShift = true, KeepFloat = [.. layers.Take(2)] },
    ];

    private static IEnumerable<CompressionRecipe> Static(CompressionRecipe recipe) =>
    [
        .. Enum.GetValues<CalibrationMethod>().Select(m => recipe with { Calibration = m }),
        recipe with { PerTensorWeights = true },
        recipe with { PerTensorWeights = true, AdaRound = true },
        recipe with { AdaRound = true },
        recipe with { Equalize = true, Smooth = true, AdaRound = true, CorrectBias = true },
    ];

    private static IEnumerable<CompressionRecipe> PerTensor(CompressionRecipe recipe) =>
    [
        .. Enum.GetValues<CalibrationMethod>().Select(m => recipe with { Calibration = m, PerTensorWeights = true }),
        recipe with { PerTensorWeights = true, Equalize = true },
        recipe with { PerTensorWeights = true, Smooth = true },
        recipe with { PerTensorWeights = true, CorrectBias = true },
        recipe with { PerTensorWeights = true, CorrectBias = true, Calibration = CalibrationMethod.Mse },
    ];

    private static IEnumerable<CompressionRecipe> FirstFloat(CompressionRecipe recipe, IReadOnlyList<string> layers, int count) =>
    [
        recipe with { KeepFloat = [.. layers.Take(count)] },
        recipe with { KeepFloat = [.. layers.Take(count)], AdaRound = true },
    ];
}
