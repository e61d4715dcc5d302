using EdgeFleet.Compression;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Quantization.WeightOnly;

public sealed class WeightOnlyVariantTests
{
    public static TheoryData<string, CompressionKind, double> Variants
    {
        get
        {
            // Largest size over the original's.
            var data = new TheoryData<string, CompressionKind, double>();
            foreach (var name in TestModels.Names)
            {
                data.Add(name, CompressionKind.Weights8, name == "vit-fashion" ? 0.275 : 0.27);
                data.Add(name, CompressionKind.Weights4, name is "vit-fashion" or "mobilenetv2-fashion-bn" ? 0.17 : 0.158);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_model_keeps_its_answers_and_its_float_kernels(string name, CompressionKind kind, double size)
    {
        var result = TestModels.Produce(TestModels.Request(name, kind, 256));
        result.RefusedBecause.ShouldBeNull();
        result.Quality.Top1Agreement.ShouldBeGreaterThanOrEqualTo(kind == CompressionKind.Weights8 ? 0.995 : 0.97);
        result.Quality.Cosine.ShouldBeGreaterThan(kind == CompressionKind.Weights8 ? 0.9999 : 0.995);
        ((double)result.Model.Length / result.Quality.SourceSizeBytes).ShouldBeLessThan(size);

        // What is unpacked at load leaves no trace: the device runs the operators of the float model.
        Loaded(result.Model).ShouldBe(Loaded(TestModels.Produce(TestModels.Request(name, CompressionKind.Fp32, 32)).Model));
    }

    [Theory]
    [InlineData(WeightRounding.Nearest)]
    [InlineData(WeightRounding.Hqq)]
    [InlineData(WeightRounding.Gptq)]
    public void The_same_recipe_gives_the_same_bytes(WeightRounding rounding)
    {
        var request = TestModels.Request("resnet8-fashion-bn", CompressionKind.Weights4, 32) with
        {
            Recipe = new CompressionRecipe(CompressionKind.Weights4) { Rounding = rounding, BlockSize = 64 },
        };
        TestModels.Produce(request).Model.ShouldBe(TestModels.Produce(request).Model);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(24)]
    [InlineData(512)]
    public void A_block_size_that_the_runtime_does_not_take_is_refused(int size) =>
        Should.Throw<ArgumentOutOfRangeException>(() => TestModels.Produce(
            TestModels.Request("lenet-mnist", CompressionKind.Weights4) with { Recipe = new CompressionRecipe(CompressionKind.Weights4) { BlockSize = size } }));

    [Fact]
    public void Fitting_without_samples_is_refused_with_the_cure()
    {
        var recipe = new CompressionRecipe(CompressionKind.Weights4) { Rounding = WeightRounding.Gptq };
        Should.Throw<CalibrationDataException>(() => TestModels.Produce(new CompressionRequest(TestModels.Bytes("lenet-mnist"), recipe)))
            .Message.ShouldContain("HQQ");
    }

    private static List<string> Loaded(byte[] model)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "loaded.onnx");
        TestModels.Runner.Load(model, new ModelSessionOptions { OptimizedModelPath = path, Optimization = GraphOptimization.Extended }).Dispose();
        return [.. OnnxModel.Read(File.ReadAllBytes(path)).Graph.Nodes.Select(n => n.OpType).Order(StringComparer.Ordinal)];
    }
}
