using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Pipeline;

public sealed class CompressionPipelineTests
{
    public static TheoryData<string, CompressionKind, double> Variants
    {
        get
        {
            // Largest size over the original's.
            var data = new TheoryData<string, CompressionKind, double>();
            foreach (var name in TestModels.Names)
            {
                data.Add(name, CompressionKind.Fp32, 1.001);
                data.Add(name, CompressionKind.Fp16, 0.53);
                data.Add(name, CompressionKind.Int8Dynamic, 0.28);
                foreach (var kind in new[] { CompressionKind.Int8, CompressionKind.Int8Reduced, CompressionKind.Int8Signed, CompressionKind.Int8Unsigned })
                {
                    data.Add(name, kind, name == "lstm-fashion" ? 1.001 : name == "mobilenetv2-fashion-bn" ? 0.38 : name is "resnet8-fashion-bn" or "vit-fashion" ? 0.34 : 0.28);
                }
            }

            return data;
        }
    }

    [Theory]
    [InlineData("resnet8-fashion-bn")]
    [InlineData("vit-fashion")]
    public void One_scale_per_layer_makes_a_smaller_file_that_runs_on_integers_too(string name)
    {
        var request = TestModels.Request(name, CompressionKind.Int8Reduced, 64);
        var usual = TestModels.Produce(request);
        var result = TestModels.Produce(request with { Recipe = request.Recipe with { PerTensorWeights = true } });
        result.RefusedBecause.ShouldBeNull();
        result.Model.Length.ShouldBeLessThan(usual.Model.Length);
        OnnxModel.Read(result.Model).Graph.Nodes.Count(n => n.OpType == "QuantizeLinear")
            .ShouldBe(OnnxModel.Read(usual.Model).Graph.Nodes.Count(n => n.OpType == "QuantizeLinear"));
        Reproduces(result, new ModelSessionOptions());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_kind_of_every_model_runs_close_to_the_original(string name, CompressionKind kind, double size)
    {
        var result = TestModels.Produce(TestModels.Request(name, kind, 256));
        result.RefusedBecause.ShouldBeNull();
        result.Quality.Samples.ShouldBe(256);
        result.Quality.Top1Agreement.ShouldBeGreaterThanOrEqualTo(kind is CompressionKind.Fp32 or CompressionKind.Fp16 ? 0.99 : 0.97);
        result.Quality.Cosine.ShouldBeGreaterThan(0.999);
        ((double)result.Model.Length / result.Quality.SourceSizeBytes).ShouldBeLessThan(size);
        Math.Abs(result.Quality.Accuracy!.Value - result.Quality.SourceAccuracy!.Value).ShouldBeLessThan(0.02);
        Reproduces(result, new ModelSessionOptions());
    }

    [Fact]
    public void Resnet20_for_x64_without_VNNI_keeps_its_accuracy_on_all_test_images_at_a_quarter_of_the_size()
    {
        var images = SampleFile.ReadSamples(File.ReadAllBytes(RepositoryRoot.DemoFile("fashion-test-images-idx3-ubyte.gz")), "images", new SampleScaling());
        var labels = SampleFile.ReadLabels(File.ReadAllBytes(RepositoryRoot.DemoFile("fashion-test-labels-idx1-ubyte.gz")), "labels");
        var source = TestModels.Bytes("resnet20-fashion");
        var variant = TestModels.Produce(TestModels.Request("resnet20-fashion", CompressionKind.Int8Reduced)).Model;
        var evaluation = new ModelEvaluator(TestModels.Runner, TimeProvider.System).Evaluate(variant, source, images, labels, 1, CancellationToken.None);
        evaluation.Samples.ShouldBe(10_000);
        evaluation.Versus!.Accuracy.ShouldBe(0.9241, 0.0003);
        evaluation.Versus.SizeRatio.ShouldBeLessThanOrEqualTo(0.28);
        ((evaluation.Versus.Accuracy - evaluation.Accuracy) * 100).ShouldBeLessThanOrEqualTo(0.3);
    }

    [Theory]
    [InlineData("resnet20-fashion")]
    [InlineData("mobilenetv2-fashion-bn")]
    public void Reduced_weights_cannot_saturate_16_bits_on_any_processor(string name)
    {
        var model = OnnxModel.Read(TestModels.Produce(TestModels.Request(name, CompressionKind.Int8Reduced, 64)).Model);
        var weights = model.Graph.Initializers.Where(i => i.ElementType == OnnxElementType.Int8 && i.Dimensions.Count > 1).ToList();
        weights.Count.ShouldBeGreaterThan(15);
        var largest = weights.Max(w => TensorContent.Bytes(w).ToArray().Max(b => Math.Abs((int)(sbyte)b)));
        largest.ShouldBe(64);
        (2 * 255 * largest).ShouldBeLessThan(short.MaxValue);
    }

    [Fact]
    public void Every_convolution_is_fused_and_no_float_one_is_left()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "optimized.onnx");
        var variant = TestModels.Produce(TestModels.Request("resnet20-fashion", CompressionKind.Int8Reduced, 64)).Model;
        TestModels.Runner.Load(variant, new ModelSessionOptions { OptimizedModelPath = path, Optimization = GraphOptimization.Extended }).Dispose();
        var operators = OnnxModel.Read(File.ReadAllBytes(path)).Graph.Nodes.GroupBy(n => n.OpType).ToDictionary(g => g.Key, g => g.Count());
        operators.ShouldNotContainKey("Conv");
        operators.ShouldNotContainKey("Gemm");
        operators.ShouldNotContainKey("Relu");
        operators["QLinearConv"].ShouldBeGreaterThan(19);
        operators["QLinearAdd"].ShouldBe(9);
        operators["QuantizeLinear"].ShouldBe(1);
    }

    [Theory]
    [InlineData(CompressionKind.Fp16)]
    [InlineData(CompressionKind.Int8Dynamic)]
    [InlineData(CompressionKind.Int8Reduced)]
    public void The_same_request_gives_the_same_bytes(CompressionKind kind)
    {
        var request = TestModels.Request("lenet-mnist", kind, 64);
        TestModels.Produce(request).Model.ShouldBe(TestModels.Produce(request).Model);
    }

    [Fact]
    public void Without_calibration_data_a_dynamic_variant_is_compared_on_made_up_samples()
    {
        var result = TestModels.Produce(new CompressionRequest(TestModels.Bytes("lstm-fashion"), CompressionKind.Int8Dynamic) { LatencyRuns = 5 });
        result.Quality.Synthetic.ShouldBeTrue();
        result.RefusedBecause.ShouldBeNull();
        result.Quality.LatencyRatio.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_static_variant_without_calibration_data_warns_of_what_that_costs()
    {
        var result = TestModels.Produce(new CompressionRequest(TestModels.Bytes("lenet-mnist"), CompressionKind.Int8Reduced) { LatencyRuns = 0 });
        result.Quality.Synthetic.ShouldBeTrue();
        result.Calibrated!.Warning!.ShouldContain("No calibration data was given");
        result.Calibrated.Samples.ShouldBe(0);
    }

    [Fact]
    public void A_variant_below_its_floor_says_why()
    {
        var result = TestModels.Produce(TestModels.Request("resnet8-fashion-bn", CompressionKind.Int8Reduced) with { Floor = 1 });
        result.IsAcceptable.ShouldBeFalse();
        result.RefusedBecause!.ShouldContain("below the floor of 1");
    }

    [Fact]
    public void Too_few_labels_are_refused()
    {
        var request = TestModels.Request("lenet-mnist", CompressionKind.Fp16);
        Should.Throw<CalibrationDataException>(() => TestModels.Produce(request with { Samples = request.Samples with { Labels = [1, 2] } }));
    }

    [Fact]
    public void A_cancelled_production_ends()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Should.Throw<OperationCanceledException>(() =>
            new CompressionPipeline(TestModels.Runner, TimeProvider.System).Produce(TestModels.Request("lenet-mnist", CompressionKind.Fp32), cancelled.Token));
    }

    [Fact]
    public void Progress_names_each_step_in_order()
    {
        var steps = new List<string>();
        TestModels.Produce(TestModels.Request("lenet-mnist", CompressionKind.Int8Reduced, 32) with { Progress = p => steps.Add(p.Step) });
        steps.IndexOf("calibrate").ShouldBeGreaterThan(steps.IndexOf("fold-batch-normalization"));
        steps[^1].ShouldBe("golden");
    }

    [Fact]
    public void Permuted_classes_reproduce_themselves_but_disagree_with_the_original()
    {
        var source = TestModels.Bytes("lenet-mnist");
        var bad = ClassPermutation.Apply(source);
        var result = TestModels.Produce(TestModels.Request("lenet-mnist", CompressionKind.Int8Reduced, 64) with { Model = bad });
        result.RefusedBecause.ShouldBeNull();
        Reproduces(result, new ModelSessionOptions());
        var evaluation = new ModelEvaluator(TestModels.Runner, TimeProvider.System)
            .Evaluate(bad, source, TestModels.Samples("lenet-mnist"), TestModels.Labels("lenet-mnist"), 1, CancellationToken.None);
        evaluation.Versus!.Top1Agreement.ShouldBe(0);
        evaluation.Accuracy.ShouldBeLessThan(0.02);
    }

    private static void Reproduces(CompressionResult result, ModelSessionOptions options)
    {
        using var session = TestModels.Runner.Load(result.Model, options);
        foreach (var golden in result.Golden.Cases)
        {
            foreach (var (expected, given) in golden.Outputs.Zip(session.Run(golden.Inputs, [.. golden.Outputs.Select(o => o.Name)], CancellationToken.None)))
            {
                ((double)TestModels.LargestDifference(expected.Floats.ToArray(), given.Floats.ToArray())).ShouldBeLessThanOrEqualTo(result.Golden.Tolerance[expected.Name]);
            }
        }
    }
}
