using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class CalibratorTests
{
    private static readonly CalibrationMethod[] s_methods = Enum.GetValues<CalibrationMethod>();

    [Fact]
    public void Histograms_see_the_extremes_that_the_runtime_reduces_to()
    {
        var (graph, feed) = Branches(100);
        var reduced = Run(graph, feed, new() { Method = CalibrationMethod.MinMax });
        var counted = Run(graph, feed, new() { Method = CalibrationMethod.MinMax, Histograms = true });
        counted.Ranges.ShouldBe(reduced.Ranges);
        reduced.Values.ShouldAllBe(v => v.Histogram.Count == 0);
        counted.Values.ShouldAllBe(v => v.Histogram.Count == 128 && Math.Abs(v.Histogram.Sum() - 1) < 1e-9);
    }

    [Fact]
    public void A_budget_for_single_values_gives_the_same_ranges_in_several_passes()
    {
        var (graph, feed) = Branches(100);
        foreach (var method in s_methods)
        {
            var settings = new CalibrationSettings { Method = method, Histograms = true, Percentile = 99 };
            var wide = Run(graph, feed, settings);
            var shares = new List<double>();
            var narrow = Run(graph, feed, settings with { BudgetBytes = 0, Progress = shares.Add });
            narrow.Ranges.ShouldBe(wide.Ranges);
            shares.ShouldBe(shares.Order());
            shares[^1].ShouldBe(1, 1e-9);
            shares.Count.ShouldBe(300);
        }
    }

    [Fact]
    public void Groups_hold_what_fits_together_and_never_nothing() =>
        HistogramCollector.Groups([5, 5, 20, 1, 2, 3, 4], 10).ShouldBe([[0, 1], [2], [3, 4, 5, 6]]);

    [Theory]
    [InlineData("Log", float.NaN)]
    [InlineData("Exp", 1000f)]
    public void A_value_that_becomes_NaN_or_infinite_is_named_with_its_node_and_samples(string type, float input)
    {
        var graph = TestModels.Graph(TestModels.Model([TestModels.Node(type, ["x"], "inner"), TestModels.Node("Relu", ["inner"], "y")], [], [null, 3]));
        var values = new float[60];
        values.AsSpan().Fill(1);
        values[40] = input;
        foreach (var method in s_methods)
        {
            var error = Should.Throw<CalibrationDataException>(() => Calibrator.Run(
                graph, ["inner"], Feed(values, 3), TestModels.Runner, new() { Method = method }, CancellationToken.None));
            error.Subject.ShouldBe("inner");
            error.Message.ShouldContain(type);
            error.Message.ShouldContain(float.IsNaN(input) ? "NaN" : "infinite");
            error.Message.ShouldContain("sample");
        }
    }

    [Fact]
    public void A_sum_beyond_float_is_no_reason_to_refuse()
    {
        var graph = TestModels.Graph(TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [null, 3]));
        Calibrator.Run(graph, ["y"], Feed([3e38f, 3e38f, 3e38f], 3), TestModels.Runner, new(), CancellationToken.None).Values[0].High.ShouldBe(3e38f);
    }

    [Fact]
    public void Values_without_elements_have_a_range_of_zero()
    {
        var graph = TestModels.Graph(TestModels.Model(
            [TestModels.Node("Slice", ["x", "start", "end", "axis"], "none"), TestModels.Node("Concat", ["none", "x"], "y", OnnxAttribute.Of("axis", 1))],
            [Index("start", 2), Index("end", 2), Index("axis", 1)],
            [null, 3]));
        foreach (var method in s_methods)
        {
            var facts = Calibrator.Run(graph, ["none", "y"], Feed([1, 2, 3, 4, 5, 6], 3), TestModels.Runner, new() { Method = method }, CancellationToken.None);
            facts.Ranges["none"].ShouldBe(new ValueRange(0, 0));
            facts.Ranges["y"].Max.ShouldBe(6, 0.1);
        }
    }

    [Theory]
    [InlineData(CalibrationMethod.Percentile)]
    [InlineData(CalibrationMethod.Entropy)]
    [InlineData(CalibrationMethod.Mse)]
    public void Every_method_keeps_the_accuracy_of_a_real_model_and_gives_scales_of_its_own(CalibrationMethod method)
    {
        var request = TestModels.Request("resnet8-fashion-bn", CompressionKind.Int8Reduced, 128);
        var plain = TestModels.Produce(request);
        var chosen = TestModels.Produce(request with { Recipe = request.Recipe with { Calibration = method } });
        chosen.RefusedBecause.ShouldBeNull();
        chosen.Quality.Top1Agreement.ShouldBeGreaterThanOrEqualTo(0.97);
        chosen.Model.ShouldNotBe(plain.Model);
    }

    [Fact]
    public void Calibration_tells_of_the_share_of_samples_that_is_done()
    {
        var told = new List<CompressionProgress>();
        TestModels.Produce(TestModels.Request("lenet-mnist", CompressionKind.Int8Reduced, 128) with { Progress = told.Add });
        var within = told.Where(t => t is { Step: "calibrate", StepShare: > 0 }).Select(t => t.StepShare).ToList();
        within.Count.ShouldBeInRange(4, 100);
        within.ShouldBe(within.Distinct().Order());
        within[^1].ShouldBe(1);
        told.Select(t => t.Share).ShouldBe(told.Select(t => t.Share).Order());
    }

    private static CalibrationFacts Run(ModelGraph graph, SampleFeed feed, CalibrationSettings settings) =>
        Calibrator.Run(graph, ["a", "b", "y"], feed, TestModels.Runner, settings, CancellationToken.None);

    /// <summary>x -> a = x * w, b = Relu(a), y = a + b.</summary>
    private static (ModelGraph Graph, SampleFeed Feed) Branches(int samples)
    {
        var model = TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node("Relu", ["a"], "b"), TestModels.Node("Add", ["a", "b"], "y")],
            [TestModels.Random("w", 8, 40)],
            [null, 8]);
        return (TestModels.Graph(model), Feed(ActivationSamples.Of("normal", samples * 8), 8));
    }

    private static SampleFeed Feed(float[] values, int width) => SampleFeed.Create(
        [new("x", OnnxElementType.Float, [-1, width])],
        [new SampleSet("made here", OnnxElementType.Float, [width], values.Length / width, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), new SampleScaling())],
        int.MaxValue);

    private static OnnxTensor Index(string name, long value) => OnnxTensor.Of<long>(name, OnnxElementType.Int64, [1], [value]);
}
