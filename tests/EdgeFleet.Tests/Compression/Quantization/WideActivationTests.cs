using System.Text.Json;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Tests.Compression.Quantization;

/// <summary>Activations in 16 bits around layers that need them, executed.</summary>
public sealed class WideActivationTests
{
    private const int Width = 16;

    [Theory]
    [InlineData(CompressionKind.Int8, 13)]
    [InlineData(CompressionKind.Int8Reduced, 17)]
    [InlineData(CompressionKind.Int8Signed, 13)]
    [InlineData(CompressionKind.Int8, 21)]
    [InlineData(CompressionKind.Int8Signed, 21)]
    public void A_value_of_wide_range_loses_a_fraction_of_what_it_loses_in_8_bits(CompressionKind kind, int opset)
    {
        var model = WideRange(opset);
        var expected = TestModels.Run(model, 4, Width);
        var narrow = Error(Build(model, new CompressionRecipe(kind)), expected);
        var wide = Build(model, new CompressionRecipe(kind) { WideActivations = ["b"] });
        Error(wide, expected).ShouldBeLessThan(0.1f * narrow);
        OnnxModel.Read(wide).Graph.Nodes.Where(n => n.OpType == "QuantizeLinear").Select(n => n.Domain ?? "").Distinct()
            .ShouldBe(opset < 21 ? ["", "com.microsoft"] : [""], ignoreOrder: true);
    }

    [Fact]
    public void Each_layer_reads_and_gives_one_type_and_conversions_stand_between()
    {
        var model = Chain();
        var expected = TestModels.Run(model, 1, 8, 8, 8);
        var made = OnnxModel.Read(Build(model, new CompressionRecipe(CompressionKind.Int8) { WideActivations = ["c3"], ShortNames = false }));
        var (producers, constants) = (made.Graph.Nodes.SelectMany(n => n.Outputs.Select(o => (o, n))).ToDictionary(p => p.o, p => p.n), made.Graph.Initializers.ToDictionary(i => i.Name!));
        OnnxElementType TypeOf(OnnxNode pair) => constants[pair.Inputs[2]].ElementType;
        var types = made.Graph.Nodes.Where(n => n.OpType == "Conv").ToDictionary(
            n => n.Name!,
            n => (TypeOf(producers[n.Inputs[0]]), TypeOf(made.Graph.Nodes.First(q => q.OpType == "QuantizeLinear" && q.Inputs[0] == n.Outputs[0]))));
        var (eight, sixteen) = (OnnxElementType.UInt8, OnnxElementType.UInt16);

        // What c3 reads and gives takes 16 bits; c2 and c4 compute in 16 for it, and exchange 8 with c1 and c5.
        new[] { "Conv-c1", "Conv-c2", "Conv-c3", "Conv-c4", "Conv-c5" }.Select(n => types[n])
            .ShouldBe([(eight, eight), (sixteen, sixteen), (sixteen, sixteen), (sixteen, sixteen), (eight, eight)]);
        constants["c3/w"].ElementType.ShouldBe(OnnxElementType.Int8);
        TestModels.LargestDifference(TestModels.Run(made, 1, 8, 8, 8), expected).ShouldBeLessThan(0.05f * expected.Max(Math.Abs));
    }

    [Fact]
    public void Other_methods_of_calibration_cut_off_nothing_of_what_takes_16_bits()
    {
        var (model, builder) = (WideRange(13), new VariantBuilder(TestModels.Runner, null, CancellationToken.None));
        var recipe = new CompressionRecipe(CompressionKind.Int8) { Calibration = CalibrationMethod.Percentile, WideActivations = ["b"] };
        var facts = builder.Build(builder.Prepare(model.ToArray()), recipe, Feed(model)).Calibration!.Values.Single(v => v.Value == "a");
        (facts.Low, facts.High).ShouldBe((facts.Min, facts.Max));
    }

    [Fact]
    public void A_real_model_passes_its_floor_with_layers_in_16_bits()
    {
        var builder = new VariantBuilder(TestModels.Runner, null, CancellationToken.None);
        var prepared = builder.Prepare(TestModels.Bytes("resnet8-fashion-bn"));
        var layers = OnnxModel.Read(prepared.Model).Graph.Nodes.Where(n => n.OpType is "Conv" or "Gemm").Select(n => n.Outputs[0]).Take(3).ToList();
        var request = TestModels.Request("resnet8-fashion-bn", CompressionKind.Int8Reduced);
        var result = TestModels.Produce(request with { Recipe = new CompressionRecipe(CompressionKind.Int8Reduced) { WideActivations = layers } });
        result.RefusedBecause.ShouldBeNull();
        OnnxModel.Read(result.Model).Graph.Initializers.ShouldContain(i => i.ElementType == OnnxElementType.UInt16);
    }

    [Fact]
    public void A_recipe_says_it_and_survives_a_journal()
    {
        var recipe = new CompressionRecipe(CompressionKind.Int8) { WideActivations = ["a", "b"], KeepFloat = ["c"] };
        recipe.ToString().ShouldBe("int8, 1 layer float, 2 layers in 16 bits");
        var read = JsonSerializer.Deserialize<CompressionRecipe>(JsonSerializer.Serialize(recipe, JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
        read.WideActivations.ShouldBe(["a", "b"]);
        JsonSerializer.Deserialize<CompressionRecipe>("""{"kind":3}""", JsonSerializerOptions.Web)!.WideActivations.ShouldBeEmpty();
    }

    [Fact]
    public void A_search_tries_the_worst_layers_in_float_and_in_16_bits()
    {
        var tried = CandidatePlan.Mixed(new CompressionRecipe(CompressionKind.Int8), ["worst", "next"]);
        tried.Select(r => (string.Join(' ', r.KeepFloat), string.Join(' ', r.WideActivations))).ShouldBe([("worst", ""), ("", "worst")]);
    }

    /// <summary>Of a, one column is a thousand times as large as the others, and weighs nothing in b: it only takes steps from them.</summary>
    private static OnnxModel WideRange(int opset)
    {
        var (w, v) = (TensorContent.Floats(TestModels.Random("w", Width, Width)).ToArray(), TensorContent.Floats(TestModels.Random("vv", Width, Width)).ToArray());
        for (var i = 0; i < Width; i++)
        {
            w[i * Width] *= 1000;
            v[i] = 0;
        }

        return TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node("MatMul", ["a", "v"], "b"), TestModels.Node("Sigmoid", ["b"], "c"), TestModels.Node("MatMul", ["c", "u"], "y")],
            [OnnxTensor.Of<float>("w", OnnxElementType.Float, [Width, Width], w), OnnxTensor.Of<float>("v", OnnxElementType.Float, [Width, Width], v), TestModels.Random("u", Width, Width)],
            [null, Width],
            opset);
    }

    private static OnnxModel Chain() => TestModels.Model(
        Enumerable.Range(1, 5).Select(i => TestModels.Node("Conv", [i == 1 ? "x" : $"c{i - 1}", $"w{i}"], i == 5 ? "y" : $"c{i}", OnnxAttribute.Of("pads", [1L, 1, 1, 1]))).Select((n, i) =>
        {
            n.Name = $"Conv-c{i + 1}";
            return n;
        }),
        Enumerable.Range(1, 5).Select(i => TestModels.Random($"w{i}", 8, 8, 3, 3)),
        [null, 8, 8, 8]);

    private static byte[] Build(OnnxModel model, CompressionRecipe recipe)
    {
        var builder = new VariantBuilder(TestModels.Runner, null, CancellationToken.None);
        return builder.Build(builder.Prepare(model.ToArray()), recipe, Feed(model)).Model;
    }

    private static SampleFeed Feed(OnnxModel model)
    {
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var dimensions = session.Inputs[0].Dimensions.Skip(1).ToArray();
        var x = TestModels.Random("x", [4, .. dimensions]);
        return SampleFeed.Create(session.Inputs, [new SampleSet("random", OnnxElementType.Float, dimensions, 4, TensorContent.Bytes(x), new SampleScaling(1))], 4);
    }

    /// <summary>Largest difference as the runtime computes it with all its rewriting.</summary>
    private static float Error(byte[] model, float[] expected)
    {
        using var session = TestModels.Runner.Load(model, new ModelSessionOptions());
        var x = new ModelTensor("x", OnnxElementType.Float, [4, Width], TensorContent.Bytes(TestModels.Random("x", 4, Width)));
        return TestModels.LargestDifference(session.Run([x], [], CancellationToken.None)[0].Floats.ToArray(), expected);
    }
}
