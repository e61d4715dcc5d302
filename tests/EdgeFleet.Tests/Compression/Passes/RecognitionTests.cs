using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class RecognitionTests
{
    [Theory]
    [InlineData(1, "GlobalAveragePool")]
    [InlineData(0, "GlobalAveragePool Flatten")]
    public void The_mean_over_all_pixels_is_a_global_pool(int keeps, string expected) =>
        Operators(Applies(Mean([2, -1], keeps), facts => new RecognizeGlobalPooling(facts), 1, [2, 3, 5, 5])).ShouldBe(expected);

    [Fact]
    public void The_mean_over_one_axis_stays() => Applies(Mean([3], 1), facts => new RecognizeGlobalPooling(facts), 0, [2, 3, 5, 5]);

    [Fact]
    public void The_mean_of_a_sequence_stays() =>
        Applies(
            TestModels.Model([TestModels.Node("ReduceMean", ["x"], "y", OnnxAttribute.Of("axes", [2L]))], [], [null, 3, 5]),
            facts => new RecognizeGlobalPooling(facts),
            0,
            [2, 3, 5]);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_layer_normalization_that_was_taken_apart_is_put_together(bool power, bool twice)
    {
        var model = Applies(LayerNormalization(power, twice), facts => new RecognizeLayerNormalization(facts), 1, [2, 3, 8]);
        var made = model.Graph.Nodes.ShouldHaveSingleItem();
        made.OpType.ShouldBe("LayerNormalization");
        made.Float("epsilon", 0).ShouldBe(1e-4f);
    }

    [Fact]
    public void Below_opset_17_there_is_no_layer_normalization()
    {
        var model = LayerNormalization(false, false);
        model.SetOpset("", 16);
        Applies(model, facts => new RecognizeLayerNormalization(facts), 0, [2, 3, 8]);
    }

    [Theory]
    [InlineData("d")]
    [InlineData("v")]
    [InlineData("n")]
    public void A_layer_normalization_whose_inner_value_is_given_out_stays(string value) =>
        Applies(LayerNormalization(false, false).Giving(value), facts => new RecognizeLayerNormalization(facts), 0, [2, 3, 8]);

    [Theory]
    [InlineData("scale", 1L)]
    [InlineData("shift", 1L)]
    public void A_layer_normalization_with_other_constants_stays(string constant, long length)
    {
        var model = LayerNormalization(false, false);
        model.Graph.Initializers.RemoveAll(i => i.Name == constant);
        model.Graph.Initializers.Add(TestModels.Random(constant, length));
        Applies(model, facts => new RecognizeLayerNormalization(facts), 0, [2, 3, 8]);
    }

    [Fact]
    public void A_mean_over_another_axis_is_no_layer_normalization()
    {
        var model = LayerNormalization(false, false);
        model.Graph.Nodes.Where(n => n.OpType == "ReduceMean").ToList().ForEach(n =>
        {
            n.RemoveAttribute("axes");
            n.Attributes.Add(OnnxAttribute.Of("axes", [1L]));
        });
        Applies(model, facts => new RecognizeLayerNormalization(facts), 0, [2, 3, 8]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_product_with_a_bias_is_a_gemm(bool row)
    {
        var model = Linear([null, 4], row ? [1, 5] : [5]);
        Operators(Applies(model, facts => new LinearToGemm(facts), 1, [3, 4])).ShouldBe("Gemm");
        model.Graph.Initializers.Find(i => i.Name == model.Graph.Nodes[0].Inputs[2])!.Dimensions.ShouldBe([5L]);
    }

    [Fact]
    public void A_product_of_rank_3_a_bias_of_another_shape_and_a_product_that_is_given_out_stay()
    {
        Applies(Linear([null, 2, 4], [5]), facts => new LinearToGemm(facts), 0, [3, 2, 4]);
        Applies(Linear([null, 4], [1]), facts => new LinearToGemm(facts), 0, [3, 4]);
        Applies(Linear([null, 4], [5]).Giving("p"), facts => new LinearToGemm(facts), 0, [3, 4]);
    }

    [Fact]
    public void Constants_that_are_alike_are_one()
    {
        var model = TestModels.Model(
            [TestModels.Node("Mul", ["x", "a"], "m"), TestModels.Node("Add", ["m", "b"], "n"), TestModels.Node("Add", ["n", "c"], "y")],
            [TestModels.Random("a", 4), Same("b", 4), OnnxTensor.OfRaw("c", OnnxElementType.Float, [1, 4], TensorContent.Bytes(TestModels.Random("a", 4)))],
            [null, 4]);
        Applies(model, new MergeConstants(), 1, [3, 4], 0).Graph.Initializers.Select(i => i.Name).ShouldBe(["a", "c"]);
    }

    [Fact]
    public void Constants_that_are_given_out_or_have_8_bits_stay()
    {
        var model = TestModels.Model(
            [TestModels.Node("Add", ["x", "a"], "y"), TestModels.Node("DequantizeLinear", ["q", "s", "z"], "d"), TestModels.Node("DequantizeLinear", ["q", "s", "o"], "e")],
            [TestModels.Random("a", 4), Same("b", 4), OnnxTensor.Of<byte>("q", OnnxElementType.UInt8, [], [5]), Scalar("s", 1), OnnxTensor.Of<byte>("z", OnnxElementType.UInt8, [], [1]), OnnxTensor.Of<byte>("o", OnnxElementType.UInt8, [], [1])],
            [null, 4]).Giving("b").Giving("d").Giving("e");
        Applies(model, new MergeConstants(), 0, [3, 4]);
    }

    private static OnnxTensor Same(string name, long length) => OnnxTensor.OfRaw(name, OnnxElementType.Float, [length], TensorContent.Bytes(TestModels.Random("a", length)));

    private static OnnxModel Mean(long[] axes, int keeps) =>
        TestModels.Model([TestModels.Node("ReduceMean", ["x"], "y", OnnxAttribute.Of("axes", axes), OnnxAttribute.Of("keepdims", keeps))], [], [null, 3, 5, 5]);

    private static OnnxModel Linear(long?[] input, long[] bias) => TestModels.Model(
        [TestModels.Node("MatMul", ["x", "w"], "p"), TestModels.Node("Add", ["b", "p"], "y")], [TestModels.Random("w", 4, 5), TestModels.Random("b", bias)], input);

    /// <param name="power">Squares by Pow rather than Mul.</param>
    /// <param name="twice">The centred value is computed twice, as older exporters do.</param>
    private static OnnxModel LayerNormalization(bool power, bool twice) => TestModels.Model(
        [
            TestModels.Node("ReduceMean", ["x"], "mean", OnnxAttribute.Of("axes", [-1L])), TestModels.Node("Sub", ["x", "mean"], "d"),
            .. twice ? [TestModels.Node("Sub", ["x", "mean"], "d2")] : (OnnxNode[])[],
            power ? TestModels.Node("Pow", [twice ? "d2" : "d", "two"], "q") : TestModels.Node("Mul", twice ? ["d2", "d2"] : ["d", "d"], "q"),
            TestModels.Node("ReduceMean", ["q"], "v", OnnxAttribute.Of("axes", [2L])), TestModels.Node("Add", ["v", "epsilon"], "e"), TestModels.Node("Sqrt", ["e"], "r"),
            TestModels.Node("Div", ["d", "r"], "n"), TestModels.Node("Mul", ["n", "scale"], "m"), TestModels.Node("Add", ["m", "shift"], "y"),
        ],
        [Scalar("two", 2), Scalar("epsilon", 1e-4f), TestModels.Random("scale", 8), TestModels.Random("shift", 8)],
        [null, 3, 8],
        opset: 17);
}
