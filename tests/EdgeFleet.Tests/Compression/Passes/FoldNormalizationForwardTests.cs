using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class FoldNormalizationForwardTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Normalization_before_a_conv_that_does_not_pad_moves_into_it(int group) =>
        Operators(Applies(BeforeConv(TestModels.Node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"], "n"), 0, group), new FoldNormalizationForward(), 1, [2, 4, 6, 6]))
            .ShouldBe("Conv");

    [Fact]
    public void Normalization_before_a_conv_that_pads_stays() =>
        Applies(BeforeConv(TestModels.Node("BatchNormalization", ["x", "scale", "shift", "mean", "variance"], "n"), 1), new FoldNormalizationForward(), 0, [2, 4, 6, 6]);

    [Theory]
    [InlineData("Mul", 1, 1)]
    [InlineData("Div", 1, 1)]
    [InlineData("Add", 1, 0)]
    [InlineData("Sub", 1, 0)]
    [InlineData("Add", 0, 1)]
    [InlineData("Sub", 0, 1)]
    public void A_factor_moves_into_any_conv_and_a_shift_only_into_one_that_does_not_pad(string type, long pad, int changes) =>
        Applies(BeforeConv(TestModels.Node(type, ["x", "k"], "n"), pad), new FoldNormalizationForward(), changes, [2, 4, 6, 6]);

    [Fact]
    public void Mean_and_deviation_both_move_into_gemm()
    {
        var model = TestModels.Model(
            [TestModels.Node("Sub", ["x", "m"], "a"), TestModels.Node("Div", ["a", "s"], "b"), TestModels.Node("Gemm", ["b", "w"], "y", OnnxAttribute.Of("transB", 1))],
            [TestModels.Random("m", 4), TestModels.Positive("s", 4), TestModels.Random("w", 5, 4)],
            [null, 4]);
        Operators(Applies(model, new FoldNormalizationForward(), 2, [3, 4])).ShouldBe("Gemm");
    }

    [Fact]
    public void A_normalized_value_with_another_use_or_given_out_stays()
    {
        var model = BeforeConv(TestModels.Node("Mul", ["x", "k"], "n"), 0).Giving("n");
        Applies(model, new FoldNormalizationForward(), 0, [2, 4, 6, 6]);
    }

    [Fact]
    public void Weights_that_are_computed_stay()
    {
        var model = BeforeConv(TestModels.Node("Mul", ["x", "k"], "n"), 0);
        model.Graph.Nodes.Insert(0, TestModels.Node("Identity", ["w"], "moving"));
        model.Graph.Nodes[^1].Inputs[1] = "moving";
        Applies(model, new FoldNormalizationForward(), 0, [2, 4, 6, 6]);
    }

    private static OnnxModel BeforeConv(OnnxNode before, long pad, int group = 1) => TestModels.Model(
        [before, TestModels.Node("Conv", ["n", "w", "b"], "y", OnnxAttribute.Of("pads", [pad, 0, 0, 0]), OnnxAttribute.Of("group", group))],
        [
            TestModels.Random("w", 6, 4 / group, 3, 3), TestModels.Random("b", 6), TestModels.Positive("k", 4, 1, 1), TestModels.Random("scale", 4), TestModels.Random("shift", 4),
            TestModels.Random("mean", 4), TestModels.Positive("variance", 4),
        ],
        [null, 4, 6, 6]);
}
