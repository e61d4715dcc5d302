using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class FoldPadsTests
{
    [Fact]
    public void Zeros_around_a_conv_join_its_own()
    {
        var model = Padded(TestModels.Node("Conv", ["p", "w"], "y", OnnxAttribute.Of("pads", [0L, 1, 0, 0])));
        Operators(Applies(model, new FoldPads(), 1, [2, 3, 6, 6])).ShouldBe("Conv");
        model.Graph.Nodes[0].Ints("pads").ShouldBe([1L, 2, 1, 1]);
    }

    [Fact]
    public void A_pad_that_is_given_out_stays_beside_the_conv_that_pads_itself() =>
        Operators(Applies(Padded(TestModels.Node("Conv", ["p", "w"], "y")).Giving("p"), new FoldPads(), 1, [2, 3, 6, 6])).ShouldBe("Pad Conv");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 0)]
    public void An_average_with_pads_of_its_own_takes_more_where_it_counts_them(int counts, int changes)
    {
        var model = Padded(TestModels.Node(
            "AveragePool", ["p"], "y", OnnxAttribute.Of("kernel_shape", [3L, 3]), OnnxAttribute.Of("pads", [1L, 1, 1, 1]), OnnxAttribute.Of("count_include_pad", counts)));
        Applies(model, new FoldPads(), changes, [2, 3, 6, 6]);
    }

    [Fact]
    public void An_average_without_pads_counts_those_it_gets()
    {
        var model = Padded(TestModels.Node("AveragePool", ["p"], "y", OnnxAttribute.Of("kernel_shape", [3L, 3])));
        Operators(Applies(model, new FoldPads(), 1, [2, 3, 6, 6])).ShouldBe("AveragePool");
    }

    [Theory]
    [InlineData("Relu", 1)]
    [InlineData("Neg", 0)]
    public void A_maximum_takes_zeros_only_of_what_is_never_negative(string before, int changes)
    {
        var model = Padded(TestModels.Node("MaxPool", ["p"], "y", OnnxAttribute.Of("kernel_shape", [2L, 2])));
        model.Graph.Nodes.Insert(0, TestModels.Node(before, ["x"], "r"));
        model.Graph.Nodes[1].Inputs[0] = "r";
        Applies(model, new FoldPads(), changes, [2, 3, 6, 6]);
    }

    [Theory]
    [InlineData("ceil_mode", 1L)]
    [InlineData("kernel_shape", 1L)]
    public void Pooling_that_rounds_up_or_is_smaller_than_its_pads_stays(string attribute, long value)
    {
        var pool = TestModels.Node("AveragePool", ["p"], "y", OnnxAttribute.Of("kernel_shape", attribute == "kernel_shape" ? [value, value] : [3L, 3]));
        if (attribute == "ceil_mode")
        {
            pool.Attributes.Add(OnnxAttribute.Of(attribute, value));
        }

        Applies(Padded(pool), new FoldPads(), 0, [2, 3, 6, 6]);
    }

    [Theory]
    [InlineData("reflect", 0f, 0L, 1L)]
    [InlineData("constant", 1f, 0L, 1L)]
    [InlineData("constant", 0f, 1L, 1L)]
    [InlineData("constant", 0f, 0L, -1L)]
    public void Other_pads_stay(string mode, float value, long channels, long pad)
    {
        var model = TestModels.Model(
            [TestModels.Node("Pad", ["x", "pads", "value"], "p", OnnxAttribute.Of("mode", mode)), TestModels.Node("Conv", ["p", "w"], "y")],
            [Integers("pads", 0, channels, pad, 1, 0, 0, 1, 1), Scalar("value", value), TestModels.Random("w", 4, 3 + channels, 3, 3)],
            [null, 3, 6, 6]);
        Applies(model, new FoldPads(), 0, [2, 3, 6, 6]);
    }

    [Fact]
    public void A_conv_that_pads_by_name_stays() =>
        Applies(Padded(TestModels.Node("Conv", ["p", "w"], "y", OnnxAttribute.Of("auto_pad", "SAME_UPPER"))), new FoldPads(), 0, [2, 3, 6, 6]);

    private static OnnxModel Padded(OnnxNode after) => TestModels.Model(
        [TestModels.Node("Pad", ["x", "pads"], "p"), after],
        [Integers("pads", 0, 0, 1, 1, 0, 0, 1, 1), TestModels.Random("w", 4, 3, 3, 3)],
        [null, 3, 6, 6]);
}
