using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Tests.Compression.Calibration;

/// <summary>Pseudo-random values of the kinds that activations are, always the same.</summary>
internal static class ActivationSamples
{
    public static readonly string[] Kinds = ["normal", "shifted", "relu", "heavy", "outlier", "pixels", "negative"];

    public static float[] Of(string kind, int count = 20_000)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count).Select(i => kind switch
        {
            "normal" => Normal(random),
            "shifted" => (2 * Normal(random)) + 1.5f,
            "relu" => MathF.Max(0, Normal(random) - 0.3f),
            "heavy" => MathF.Pow(Normal(random), 5),
            "outlier" => i == 7 ? 1e6f : Normal(random),
            "pixels" => random.Next(256) / 255f,
            "negative" => -MathF.Abs(Normal(random)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        })];
    }

    public static ValueDistribution Distribution(params ReadOnlySpan<float> values)
    {
        var histogram = new ValueHistogram();
        histogram.Add(values).ShouldBeTrue();
        return histogram.ToDistribution();
    }

    /// <summary>Sum of square errors of the values themselves, each quantized one by one.</summary>
    public static double SquareError(float[] values, ValueRange range)
    {
        var (low, high) = (Math.Min(range.Min, 0d), Math.Max(range.Max, 0d));
        var scale = (high - low) / 255;
        var zero = Math.Round(-low / scale);
        return values.Sum(v =>
        {
            var error = v - ((Math.Clamp(Math.Round((v / scale) + zero), 0, 255) - zero) * scale);
            return error * error;
        });
    }

    private static float Normal(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
