using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Recovery;

public sealed class SensitivityRankingTests
{
    [Fact]
    public void Every_quantized_layer_is_ranked_and_their_noise_adds_up_to_that_of_the_whole_variant()
    {
        var resnet = new RecoveryCase("resnet8-fashion-bn");
        var ranking = Rank(resnet, TimeSpan.FromMinutes(1));
        ranking.Count.ShouldBe(10);
        ranking.ShouldAllBe(l => l.Measured && l.SqnrDb > 25 && l.SqnrDb < 80);
        ranking.Select(l => l.NoiseToSignal).ShouldBe(ranking.Select(l => l.NoiseToSignal).OrderDescending());
        ranking.Single(l => l.Layer == "logits").ExtraBytes.ShouldBe(3 * 640);
        var whole = new OutputReference(TestModels.Runner, resnet.Prepared.Model, resnet.Feed, 64, default)
            .SqnrDb(resnet.Build(CompressionKind.Int8Reduced).Model, default);
        (-10 * Math.Log10(ranking.Sum(l => l.NoiseToSignal))).ShouldBe(whole, 3);
    }

    [Fact]
    public void Keeping_the_most_sensitive_layers_float_gains_most()
    {
        var resnet = new RecoveryCase("resnet8-fashion-bn");
        var ranking = Rank(resnet, TimeSpan.FromMinutes(1));
        var reference = new OutputReference(TestModels.Runner, resnet.Prepared.Model, resnet.Feed, 64, default);
        double Without(string layer) => reference.SqnrDb(
            resnet.Build(new CompressionRecipe(CompressionKind.Int8Reduced) { KeepFloat = [layer] }).Model, default);
        Without(ranking[0].Layer).ShouldBeGreaterThan(Without(ranking[^1].Layer) + 1);
    }

    [Fact]
    public void Where_time_runs_out_the_rest_is_estimated_and_still_ranked()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var ranking = Rank(lenet, TimeSpan.Zero);
        ranking.Count.ShouldBe(4);
        ranking.Count(l => l.Measured).ShouldBe(1);
        ranking.ShouldAllBe(l => l.NoiseToSignal > 0);
    }

    [Fact]
    public void Layers_that_the_recipe_keeps_float_are_not_ranked()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var recipe = new CompressionRecipe(CompressionKind.Int8Reduced) { KeepFloat = ["logits", "/c1/Conv_output_0"] };
        new SensitivityRanking(TestModels.Runner, lenet.Feed, TimeProvider.System).Measure(lenet.Prepared, recipe, 16, TimeSpan.FromMinutes(1), default)
            .Select(l => l.Layer).ShouldBe(["/c2/Conv_output_0", "/f1/Gemm_output_0"], ignoreOrder: true);
    }

    [Fact]
    public void Variants_share_their_ranges_and_are_the_same_as_those_that_collect_their_own()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var cache = new RangeCache();
        var builder = new VariantBuilder(TestModels.Runner, null, default) { SharedRanges = cache };
        var recipe = new CompressionRecipe(CompressionKind.Int8Reduced);
        builder.Build(lenet.Prepared, recipe, lenet.Feed);
        var collected = cache.Collected;
        builder.Build(lenet.Prepared, recipe with { Kind = CompressionKind.Int8 }, lenet.Feed).Model
            .ShouldBe(lenet.Build(new CompressionRecipe(CompressionKind.Int8)).Model);
        cache.Collected.ShouldBe(collected);
    }

    [Fact]
    public void A_convolution_kept_float_is_not_quantized_by_the_runtime_either()
    {
        const string Kept = "/layers/layers.0/body/body.1/BatchNormalization_output_0";
        var resnet = new RecoveryCase("resnet8-fashion-bn");
        var variant = resnet.Build(new CompressionRecipe(CompressionKind.Int8Reduced) { KeepFloat = [Kept], ShortNames = false }).Model;
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "optimized.onnx");
        TestModels.Runner.Load(variant, new ModelSessionOptions { OptimizedModelPath = path, Optimization = GraphOptimization.Extended }).Dispose();
        OnnxModel.Read(File.ReadAllBytes(path)).Graph.Nodes.Count(n => n.OpType is "Conv" or "FusedConv").ShouldBe(1);
        var errors = new LayerErrors(TestModels.Runner, resnet.Feed).Measure(resnet.Prepared.Model, variant, null, 64, default);
        errors.Layers.Single(l => l.Layer == Kept).AloneSqnrDb!.Value.ShouldBeGreaterThan(37.8);
    }

    [Fact]
    public void A_float_layer_behind_float_values_needs_no_guard()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var variant = OnnxModel.Read(lenet.Build(new CompressionRecipe(CompressionKind.Int8) { KeepFloat = ["/c1/Conv_output_0", "/c2/Conv_output_0"] }).Model);
        variant.Graph.Nodes.Count(n => n.OpType == "Max").ShouldBe(0);
        variant.Graph.Nodes.Count(n => n.OpType == "Conv").ShouldBe(2);
    }

    private static IReadOnlyList<LayerSensitivity> Rank(RecoveryCase model, TimeSpan budget) =>
        new SensitivityRanking(TestModels.Runner, model.Feed, TimeProvider.System)
            .Measure(model.Prepared, new CompressionRecipe(CompressionKind.Int8Reduced), 64, budget, default);
}
