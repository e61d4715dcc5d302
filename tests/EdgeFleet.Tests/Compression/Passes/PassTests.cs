using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class PassTests
{
    private static readonly string[] NormInputs = ["c", "scale", "shift", "mean", "variance"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Batch_normalization_folds_into_conv(bool relu)
    {
        // Without the Relu the folded node produces the graph's output.
        var model = ConvNorm(relu ? "n" : "y");
        if (relu)
        {
            model.Graph.Nodes.Add(TestModels.Node("Relu", ["n"], "y"));
        }

        Applies(model, new FoldBatchNormalization(), 1, [2, 3, 8, 8]);
        model.Graph.Nodes.ShouldNotContain(n => n.OpType == "BatchNormalization");
    }

    [Fact]
    public void Batch_normalization_stays_where_the_value_before_it_has_another_use()
    {
        var model = ConvNorm("n");
        model.Graph.Nodes.Add(TestModels.Node("Add", ["n", "c"], "y"));
        Applies(model, new FoldBatchNormalization(), 0, [2, 3, 8, 8]);
    }

    [Fact]
    public void Batch_normalization_folds_into_gemm()
    {
        var model = TestModels.Model(
            [TestModels.Node("Gemm", ["x", "w", "b"], "c", OnnxAttribute.Of("transB", 1)), TestModels.Node("BatchNormalization", NormInputs, "y")],
            [TestModels.Random("w", 5, 4), TestModels.Random("b", 5), .. NormConstants(5)],
            [null, 4]);
        Applies(model, new FoldBatchNormalization(), 1, [3, 4]);
    }

    [Fact]
    public void Gemm_factors_move_into_its_constants()
    {
        var model = Gemm();
        Applies(model, new FoldGemmScalars(), 1, [3, 4]);
        model.Graph.Nodes[0].Attribute("alpha").ShouldBeNull();
    }

    [Fact]
    public void Gemm_keeps_a_factor_of_what_is_no_constant()
    {
        var model = Gemm();
        model.Graph.Nodes.Insert(0, TestModels.Node("Identity", ["b"], "moving"));
        model.Graph.Nodes[1].Inputs[2] = "moving";
        Applies(model, new FoldGemmScalars(), 0, [3, 4]);
    }

    [Fact]
    public void A_scale_before_a_padded_conv_moves_into_its_weights()
    {
        var model = TestModels.Model(
            [TestModels.Node("Div", ["x", "s"], "d"), TestModels.Node("Conv", ["d", "w"], "y", OnnxAttribute.Of("pads", [1L, 1, 1, 1]))],
            [TestModels.Random("w", 4, 3, 3, 3), OnnxTensor.Of<float>("s", OnnxElementType.Float, [], [0.3f])],
            [null, 3, 8, 8]);
        Applies(model, new FoldNormalizationForward(), 1, [2, 3, 8, 8]);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(float.PositiveInfinity)]
    public void A_scale_of_zero_or_infinity_is_left_alone(float scale)
    {
        var model = TestModels.Model(
            [TestModels.Node("Mul", ["x", "s"], "d"), TestModels.Node("Conv", ["d", "w"], "y")],
            [TestModels.Random("w", 4, 3, 3, 3), OnnxTensor.Of<float>("s", OnnxElementType.Float, [], [scale])],
            [null, 3, 8, 8]);
        new FoldNormalizationForward().Apply(TestModels.Graph(model)).ShouldBe(0);
    }

    [Fact]
    public void Identities_and_dropouts_go_also_before_an_output()
    {
        var model = TestModels.Model(
            [TestModels.Node("Identity", ["x"], "a"), TestModels.Node("Relu", ["a"], "b"), TestModels.Node("Dropout", ["b"], "c"), TestModels.Node("Identity", ["c"], "y")],
            [],
            [null, 4]);
        Applies(model, new RemoveIdentities(), 3, [3, 4]);
        model.Graph.Nodes.ShouldHaveSingleItem().Outputs[0].ShouldBe("y");
    }

    [Fact]
    public void An_identity_from_input_to_output_stays()
    {
        var model = TestModels.Model([TestModels.Node("Identity", ["x"], "y")], [], [null, 4]);
        Applies(model, new RemoveIdentities(), 0, [3, 4]);
    }

    [Fact]
    public void Arithmetic_on_constants_is_done_once()
    {
        var model = TestModels.Model(
            [TestModels.Node("Sqrt", ["p"], "r"), TestModels.Node("Mul", ["r", "p"], "m"), TestModels.Node("Add", ["x", "m"], "y")],
            [TestModels.Positive("p", 4)],
            [null, 4]);
        Applies(model, new FoldConstants(TestModels.Runner, CancellationToken.None), 2, [3, 4], exact: true);
        model.Graph.Nodes.ShouldHaveSingleItem().OpType.ShouldBe("Add");
    }

    [Fact]
    public void Constant_nodes_become_initializers_and_unused_parts_go()
    {
        var model = TestModels.Model(
            [TestModels.Node("Constant", [], "k", OnnxAttribute.Of("value", TestModels.Random("", 4))), TestModels.Node("Add", ["x", "k"], "y"), TestModels.Node("Exp", ["x"], "unused")],
            [TestModels.Random("unread", 4)],
            [null, 4]);
        Applies(model, new ConstantsToInitializers(), 1, [3, 4], exact: true);
        Applies(model, new RemoveUnused(), 2, [3, 4], exact: true);
        model.Graph.Initializers.ShouldHaveSingleItem().Name.ShouldBe("k");
    }

    private static void Applies(OnnxModel model, IGraphPass pass, int changes, long[] input, bool exact = false)
    {
        var before = TestModels.Run(model, input);
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(pass).Reports.ShouldHaveSingleItem().Changes.ShouldBe(changes);
        TestModels.LargestDifference(TestModels.Run(model, input), before).ShouldBeLessThanOrEqualTo(exact || changes == 0 ? 0 : 1e-4f);
    }

    private static OnnxModel ConvNorm(string output) => TestModels.Model(
        [TestModels.Node("Conv", ["x", "w"], "c", OnnxAttribute.Of("pads", [1L, 1, 1, 1])), TestModels.Node("BatchNormalization", NormInputs, output)],
        [TestModels.Random("w", 4, 3, 3, 3), .. NormConstants(4)],
        [null, 3, 8, 8]);

    private static OnnxModel Gemm() => TestModels.Model(
        [TestModels.Node("Gemm", ["x", "w", "b"], "y", OnnxAttribute.Of("alpha", 0.5f), OnnxAttribute.Of("beta", 2f))],
        [TestModels.Random("w", 4, 5), TestModels.Random("b", 5)],
        [null, 4]);

    private static OnnxTensor[] NormConstants(long channels) =>
        [TestModels.Random("scale", channels), TestModels.Random("shift", channels), TestModels.Random("mean", channels), TestModels.Positive("variance", channels)];
}
