using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class DataFreeRangesTests
{
    [Fact]
    public void Normalization_tells_six_deviations_around_its_bias() =>
        Expected([Normalization("x", "y")])["y"].ShouldBe(new ValueRange(-11, 13)); // channels 1 ± 12 and 0.5 ± 3

    [Fact]
    public void A_rectified_value_begins_at_zero_and_a_clipped_one_ends_at_its_bound()
    {
        Expected([Normalization("x", "n"), TestModels.Node("Relu", ["n"], "y")])["y"].ShouldBe(new ValueRange(0, 13));
        Expected([Normalization("x", "n"), TestModels.Node("Clip", ["n", "zero", "six"], "y")])["y"].ShouldBe(new ValueRange(0, 6));
    }

    [Fact]
    public void A_sum_of_independent_values_is_narrower_than_the_sum_of_their_ranges()
    {
        var ranges = Expected([Normalization("x", "a"), Normalization("x", "b"), TestModels.Node("Add", ["a", "b"], "y")]);
        ranges["y"].Max.ShouldBe(2 + (6 * MathF.Sqrt(8)), 1e-4);
        ranges["y"].Min.ShouldBe(2 - (6 * MathF.Sqrt(8)), 1e-4);
    }

    [Fact]
    public void The_moments_of_a_rectified_value_are_those_of_many()
    {
        var values = ActivationSamples.Of("normal", 200_000).Select(v => Math.Max(0, (2 * v) + 1d)).ToList();
        var mean = values.Average();
        var rectified = ChannelMoments.Normal([2], [1]).Rectified();
        rectified.Means[0].ShouldBe(mean, 0.02);
        rectified.Variances[0].ShouldBe(values.Sum(v => (v - mean) * (v - mean)) / values.Count, 0.05);
        ChannelMoments.Normal([0], [-1]).Rectified().Range.ShouldBe(new ValueRange(0, 0));
    }

    [Fact]
    public void Nothing_is_told_of_values_that_normalization_does_not_reach() =>
        Expected([TestModels.Node("Relu", ["x"], "r"), Normalization("r", "n"), TestModels.Node("Add", ["n", "x"], "y")]).Keys.ShouldBe(["n"]);

    [Fact]
    public void A_clip_that_does_not_begin_at_zero_tells_nothing() =>
        Expected([Normalization("x", "n"), TestModels.Node("Clip", ["n", "six"], "y")]).Keys.ShouldBe(["n"]);

    [Theory]
    [InlineData("resnet8-fashion-bn", 0.93)]
    [InlineData("mobilenetv2-fashion-bn", 0.88)]
    public void Models_with_normalization_keep_their_accuracy_without_any_data(string name, double least)
    {
        var source = TestModels.Bytes(name);
        var result = TestModels.Produce(new CompressionRequest(source, CompressionKind.Int8Reduced) { LatencyRuns = 0 });
        result.Calibrated!.Warning!.ShouldContain("batch normalization");
        var evaluation = new ModelEvaluator(TestModels.Runner, TimeProvider.System)
            .Evaluate(result.Model, source, TestModels.Samples(name), TestModels.Labels(name), 1, CancellationToken.None);
        evaluation.Versus!.Top1Agreement.ShouldBeGreaterThanOrEqualTo(least);
    }

    private static IReadOnlyDictionary<string, ValueRange> Expected(OnnxNode[] nodes) => DataFreeRanges.Expected(TestModels.Graph(TestModels.Model(
        nodes,
        [
            Floats("scale", -2, 0.5f), Floats("bias", 1, 0.5f), Floats("mean", 0, 0), Floats("variance", 1, 1),
            OnnxTensor.Of<float>("zero", OnnxElementType.Float, [], [0]), OnnxTensor.Of<float>("six", OnnxElementType.Float, [], [6]),
        ],
        [null, 2, 4, 4])));

    private static OnnxNode Normalization(string input, string output) =>
        TestModels.Node("BatchNormalization", [input, "scale", "bias", "mean", "variance"], output);

    private static OnnxTensor Floats(string name, params float[] values) => OnnxTensor.Of<float>(name, OnnxElementType.Float, [values.Length], values);
}
