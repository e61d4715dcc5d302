using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class FoldChannelArithmeticTests
{
    [Theory]
    [InlineData("Add", true)]
    [InlineData("Add", false)]
    [InlineData("Mul", true)]
    [InlineData("Mul", false)]
    [InlineData("Sub", true)]
    [InlineData("Div", true)]
    public void A_constant_per_channel_after_conv_moves_into_it(string type, bool first)
    {
        var model = Conv(TestModels.Node(type, first ? ["c", "k"] : ["k", "c"], "y"), TestModels.Positive("k", 4, 1, 1));
        Operators(Applies(model, new FoldChannelArithmetic(), 1, [2, 3, 5, 5])).ShouldBe("Conv");
    }

    [Fact]
    public void A_chain_folds_from_its_start_into_the_bias_that_is_there()
    {
        var model = TestModels.Model(
            [
                TestModels.Node("Conv", ["x", "w", "b"], "c"), TestModels.Node("Mul", ["c", "k"], "m"), TestModels.Node("Add", ["m", "s"], "a"), TestModels.Node("Div", ["a", "k"], "y"),
            ],
            [TestModels.Random("w", 4, 3, 3, 3), TestModels.Random("b", 4), TestModels.Positive("k", 1, 4, 1, 1), Scalar("s", 0.5f)],
            [null, 3, 5, 5]);
        Operators(Applies(model, new FoldChannelArithmetic(), 3, [2, 3, 5, 5])).ShouldBe("Conv");
    }

    [Fact]
    public void A_grouped_transposed_convolution_takes_factors_in_the_order_of_its_output_channels()
    {
        var model = TestModels.Model(
            [TestModels.Node("ConvTranspose", ["x", "w"], "c", OnnxAttribute.Of("group", 2)), TestModels.Node("Mul", ["c", "k"], "y")],
            [TestModels.Random("w", 4, 3, 3, 3), TestModels.Random("k", 6, 1, 1)],
            [null, 4, 5, 5]);
        Operators(Applies(model, new FoldChannelArithmetic(), 1, [2, 4, 5, 5])).ShouldBe("ConvTranspose");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Gemm_takes_a_constant_per_column(int transposed)
    {
        var model = TestModels.Model(
            [TestModels.Node("Gemm", ["x", "w", "b"], "g", OnnxAttribute.Of("transB", transposed)), TestModels.Node("Mul", ["g", "k"], "y")],
            [transposed == 1 ? TestModels.Random("w", 5, 4) : TestModels.Random("w", 4, 5), TestModels.Random("b", 5), TestModels.Random("k", 1, 5)],
            [null, 4]);
        Operators(Applies(model, new FoldChannelArithmetic(), 1, [3, 4])).ShouldBe("Gemm");
    }

    [Fact]
    public void A_constant_per_pixel_stays() =>
        Applies(Conv(TestModels.Node("Add", ["c", "k"], "y"), TestModels.Random("k", 4)), new FoldChannelArithmetic(), 0, [2, 3, 5, 5]);

    [Fact]
    public void A_constant_that_adds_a_dimension_stays() =>
        Applies(Conv(TestModels.Node("Add", ["c", "k"], "y"), TestModels.Random("k", 1, 1, 1, 1, 1)), new FoldChannelArithmetic(), 0, [2, 3, 5, 5]);

    [Fact]
    public void A_constant_minus_the_layer_stays() =>
        Applies(Conv(TestModels.Node("Sub", ["k", "c"], "y"), TestModels.Random("k", 4, 1, 1)), new FoldChannelArithmetic(), 0, [2, 3, 5, 5]);

    [Fact]
    public void A_value_that_is_given_out_is_not_changed() =>
        Applies(Conv(TestModels.Node("Add", ["c", "k"], "y"), TestModels.Random("k", 4, 1, 1)).Giving("c"), new FoldChannelArithmetic(), 0, [2, 3, 5, 5]);

    [Fact]
    public void A_factor_that_makes_a_weight_infinite_stays() =>
        new FoldChannelArithmetic().Apply(TestModels.Graph(Conv(TestModels.Node("Mul", ["c", "k"], "y"), Scalar("k", 3e38f), 1000))).ShouldBe(0);

    [Fact]
    public void A_gemm_with_factors_of_its_own_stays()
    {
        var model = TestModels.Model(
            [TestModels.Node("Gemm", ["x", "w", "b"], "g", OnnxAttribute.Of("beta", 2f)), TestModels.Node("Add", ["g", "k"], "y")],
            [TestModels.Random("w", 4, 5), TestModels.Random("b", 5), TestModels.Random("k", 5)],
            [null, 4]);
        Applies(model, new FoldChannelArithmetic(), 0, [3, 4]);
    }

    private static OnnxModel Conv(OnnxNode after, OnnxTensor constant, float factor = 1)
    {
        var weights = Array.ConvertAll(TensorContent.Floats(TestModels.Random("w", 4, 3, 3, 3)).ToArray(), w => w * factor);
        return TestModels.Model(
            [TestModels.Node("Conv", ["x", "w"], "c", OnnxAttribute.Of("pads", [1L, 0, 0, 1])), after],
            [OnnxTensor.Of<float>("w", OnnxElementType.Float, [4, 3, 3, 3], weights), constant],
            [null, 3, 5, 5]);
    }
}
