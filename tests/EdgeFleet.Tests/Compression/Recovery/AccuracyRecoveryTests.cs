using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Tests.Compression.Recovery;

public sealed class AccuracyRecoveryTests
{
    private static readonly CompressionRecipe s_plain = new(CompressionKind.Int8Reduced) { ShortNames = false };

    [Fact]
    public void Adaptive_rounding_gains_at_the_same_size_and_moves_no_weight_by_more_than_one()
    {
        var resnet = new RecoveryCase("resnet8-fashion-bn");
        var plain = resnet.Build(s_plain);
        var better = resnet.Build(s_plain with { AdaRound = true });
        var gain = better.Gains.ShouldHaveSingleItem();
        gain.ShouldBe(gain with { Method = "adaround", Kept = true, Metric = RecoveryGain.OutputSqnr, Note = "10 layers" });
        gain.After.ShouldBeGreaterThan(gain.Before + 3);
        better.Model.Length.ShouldBe(plain.Model.Length);
        var (old, rounded) = (Weights(plain), Weights(better));
        old.Length.ShouldBe(rounded.Length);
        old.Zip(rounded).ShouldAllBe(w => Math.Abs(w.First - w.Second) <= 1 && Math.Abs((int)w.Second) <= 64);
        old.SequenceEqual(rounded).ShouldBeFalse();
    }

    [Theory]
    [InlineData(CompressionKind.Int8Unsigned, false)]
    [InlineData(CompressionKind.Int8Signed, true)]
    [InlineData(CompressionKind.Int8Reduced, true)]
    public void Every_number_type_and_one_scale_per_layer_gain_too(CompressionKind kind, bool perTensor)
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var recipe = new CompressionRecipe(kind) { AdaRound = true, CorrectBias = true, PerTensorWeights = perTensor };
        var variant = lenet.Build(recipe);
        variant.Gains[0].After.ShouldBeGreaterThan(variant.Gains[0].Before + 0.5);
        Sqnr(lenet, variant.Model).ShouldBe(variant.Gains.Max(g => g.Kept ? g.After : g.Before), 0.01);
    }

    [Fact]
    public void Weights_that_were_all_rounded_the_same_way_are_made_up_for_by_the_bias()
    {
        // Every weight is 0.3 steps above an integer, so rounding lowers each output by 0.3 steps times the sum of the inputs.
        var values = Enumerable.Range(0, 16 * 8).Select(i => i % 16 == 0 ? 64f : (i % 5) + 0.3f).ToArray();
        var made = new RecoveryCase(TestModels.Model(
            [TestModels.Node("Gemm", ["x", "w"], "y", OnnxAttribute.Of("transB", 1))],
            [OnnxTensor.Of<float>("w", OnnxElementType.Float, [8, 16], values)],
            [null, 16]));
        var variant = made.Build(s_plain with { CorrectBias = true });
        var gain = variant.Gains.ShouldHaveSingleItem();
        gain.Kept.ShouldBeTrue();
        gain.After.ShouldBeGreaterThan(gain.Before + 5);
        var model = OnnxModel.Read(variant.Model);
        model.Graph.Nodes.Single(n => n.OpType == "Gemm").Inputs.Count.ShouldBe(3);
        model.Graph.Initializers.Count(i => i.ElementType == OnnxElementType.Int32 && i.Name == "y/b").ShouldBe(1);
    }

    [Fact]
    public void The_bias_of_a_MatMul_is_the_Add_behind_it()
    {
        var values = Enumerable.Range(0, 16 * 8).Select(i => i < 8 ? 64f : (i % 5) + 0.3f).ToArray();
        var made = new RecoveryCase(TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "m"), TestModels.Node("Add", ["m", "b"], "y")],
            [OnnxTensor.Of<float>("w", OnnxElementType.Float, [16, 8], values), TestModels.Random("b", 8)],
            [null, 4, 16]));
        var gain = made.Build(s_plain with { CorrectBias = true }).Gains.ShouldHaveSingleItem();
        gain.Kept.ShouldBeTrue();
        gain.After.ShouldBeGreaterThan(gain.Before + 5);
    }

    [Fact]
    public void A_MatMul_without_Add_has_no_bias_to_correct()
    {
        var made = new RecoveryCase(TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", 16, 8)], [null, 16]));
        made.Build(s_plain with { CorrectBias = true }).Gains.ShouldHaveSingleItem().Note.ShouldStartWith("no place");
    }

    [Fact]
    public void Equalization_gains_where_channels_are_wildly_unequal_and_share_a_scale()
    {
        var uneven = TestModels.Random("w1", 8, 1, 3, 3);
        var values = TensorContent.Floats(uneven).ToArray().Select((v, i) => v * MathF.Pow(2.5f, i / 9)).ToArray();
        var second = TensorContent.Floats(TestModels.Random("w2", 6, 8, 1, 1)).ToArray().Select((v, i) => v / MathF.Pow(2.5f, i % 8)).ToArray();
        var made = new RecoveryCase(TestModels.Model(
            [TestModels.Node("Conv", ["x", "w1", "b1"], "c"), TestModels.Node("Relu", ["c"], "r"), TestModels.Node("Conv", ["r", "w2"], "y")],
            [
                OnnxTensor.Of<float>("w1", OnnxElementType.Float, [8, 1, 3, 3], values), TestModels.Random("b1", 8),
                OnnxTensor.Of<float>("w2", OnnxElementType.Float, [6, 8, 1, 1], second),
            ],
            [null, 1, 8, 8]));
        var variant = made.Build(s_plain with { PerTensorWeights = true, Equalize = true });
        var gain = variant.Gains.ShouldHaveSingleItem();
        gain.Kept.ShouldBeTrue();
        gain.After.ShouldBeGreaterThan(gain.Before + 10);
        Sqnr(made, variant.FloatForm!).ShouldBeGreaterThan(100);
        Sqnr(made, variant.Model).ShouldBe(gain.After, 0.01);
    }

    [Fact]
    public void Smoothing_gains_where_one_channel_of_activations_sticks_out()
    {
        var scale = Enumerable.Range(0, 16).Select(i => i == 5 ? 60f : 0.5f).ToArray();
        var weights = TensorContent.Floats(TestModels.Random("w", 16, 8)).ToArray().Select((v, i) => i / 8 == 5 ? v / 60 : v).ToArray();
        var made = new RecoveryCase(TestModels.Model(
            [TestModels.Node("Mul", ["x", "scale"], "m"), TestModels.Node("MatMul", ["m", "w"], "y")],
            [OnnxTensor.Of<float>("scale", OnnxElementType.Float, [16], scale), OnnxTensor.Of<float>("w", OnnxElementType.Float, [16, 8], weights)],
            [null, 4, 16]));
        var gain = made.Build(s_plain with { Smooth = true }).Gains.ShouldHaveSingleItem();
        gain.Kept.ShouldBeTrue();
        gain.Note.ShouldContain("alpha");
        gain.After.ShouldBeGreaterThan(gain.Before + 10);
    }

    [Fact]
    public void A_method_that_gains_nothing_is_undone_and_says_so()
    {
        // Equalized already, so that a second time moves nothing.
        var model = TestModels.Model(
            [TestModels.Node("Conv", ["x", "w1"], "c"), TestModels.Node("Relu", ["c"], "r"), TestModels.Node("Conv", ["r", "w2"], "y")],
            [TestModels.Random("w1", 6, 3, 3, 3), TestModels.Random("w2", 4, 6, 1, 1)],
            [null, 3, 8, 8]);
        var graph = TestModels.Graph(model);
        new EqualizeLayers(ClipBounds.None).Apply(graph).ShouldBe(1);
        var made = new RecoveryCase(model);
        var variant = made.Build(s_plain with { Equalize = true });
        var gain = variant.Gains.ShouldHaveSingleItem();
        gain.Kept.ShouldBeFalse();
        gain.After.ShouldBe(gain.Before, 0.1);
        gain.Note.ShouldBe("1 places: undone, it gained nothing");
        variant.Model.ShouldBe(made.Build(s_plain).Model);
    }

    [Fact]
    public void All_methods_together_say_each_what_it_gained_and_give_the_same_bytes_again()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var recipe = s_plain with { Equalize = true, Smooth = true, AdaRound = true, CorrectBias = true };
        var variant = lenet.Build(recipe);
        variant.Gains.Select(g => g.Method).ShouldBe(["equalize", "smooth", "adaround", "correct-bias"]);
        foreach (var (before, after) in variant.Gains.Zip(variant.Gains.Skip(1)))
        {
            after.Before.ShouldBe(before.Kept ? before.After : before.Before, 1e-9);
        }

        variant.Calibration.ShouldNotBeNull();
        lenet.Build(recipe).Model.ShouldBe(variant.Model);
    }

    [Fact]
    public void Shared_ranges_are_not_used_for_a_model_whose_values_were_scaled()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var recipe = s_plain with { Smooth = true };
        var builder = new VariantBuilder(TestModels.Runner, null, default) { SharedRanges = new RangeCache() };
        builder.Build(lenet.Prepared, s_plain, lenet.Feed);
        builder.Build(lenet.Prepared, recipe, lenet.Feed).Model.ShouldBe(lenet.Build(recipe).Model);
        builder.Build(lenet.Prepared, s_plain, lenet.Feed).Model.ShouldBe(lenet.Build(s_plain).Model);
    }

    [Fact]
    public void Layers_of_a_smoothed_variant_are_compared_with_the_float_model_of_which_it_was_made()
    {
        var vit = new RecoveryCase("vit-fashion", 32);
        var variant = vit.Build(s_plain with { Smooth = true });
        variant.Gains[0].Kept.ShouldBeTrue();
        var report = new LayerErrors(TestModels.Runner, vit.Feed).Measure(variant.FloatForm!, variant.Model, variant.Originals, 32, default);
        report.Layers.Count.ShouldBe(20);
        report.Layers.ShouldAllBe(l => l.SqnrDb > 20);
    }

    private static double Sqnr(RecoveryCase model, byte[] variant) =>
        new OutputReference(TestModels.Runner, model.Prepared.Model, model.Feed, 128, default).SqnrDb(variant, default);

    private static sbyte[] Weights(BuiltVariant variant) => [.. OnnxModel.Read(variant.Model).Graph.Initializers
        .Where(i => i.ElementType == OnnxElementType.Int8 && i.Dimensions.Count > 1)
        .SelectMany(i => MemoryMarshal.Cast<byte, sbyte>(TensorContent.Bytes(i).Span).ToArray())];
}
