using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class FoldInputShiftTests
{
    private static readonly long[] s_input = [2, 3, 6, 6];

    [Theory]
    [InlineData("Sub", 1)]
    [InlineData("Add", 1)]
    [InlineData("Sub", 3)]
    public void A_shift_before_a_padded_conv_folds_as_if_the_input_had_been_padded_before_it(string type, int group)
    {
        var model = Shifted([TestModels.Node(type, ["x", "c"], "n")], group: group);
        Fold(model).ShouldBe(1);
        Operators(model).ShouldBe("Conv");

        var padded = Shifted([TestModels.Node("Pad", ["x", "pads"], "p"), TestModels.Node(type, ["p", "c"], "n")], pad: 0, group: group);
        TestModels.LargestDifference(TestModels.Run(model, s_input), TestModels.Run(padded, s_input)).ShouldBeLessThan(1e-4f);
    }

    [Fact]
    public void Inside_the_answers_stay_as_they_were()
    {
        var model = Shifted([TestModels.Node("Sub", ["x", "c"], "n")]);
        var before = TestModels.Run(model, s_input);
        Fold(model).ShouldBe(1);
        var after = TestModels.Run(model, s_input);
        var (inside, borders) = (0f, 0f);
        for (var i = 0; i < before.Length; i++)
        {
            var (row, column) = (i / 6 % 6, i % 6);
            var difference = Math.Abs(after[i] - before[i]);
            if (row is > 0 and < 5 && column is > 0 and < 5)
            {
                inside = Math.Max(inside, difference);
            }
            else
            {
                borders = Math.Max(borders, difference);
            }
        }

        inside.ShouldBeLessThan(1e-4f);
        borders.ShouldBeGreaterThan(1e-2f);
    }

    [Fact]
    public void A_whole_chain_of_arithmetic_on_the_input_folds()
    {
        var model = Shifted([TestModels.Node("Mul", ["x", "f"], "a"), TestModels.Node("Sub", ["a", "c"], "n")]);
        Fold(model).ShouldBe(2);
        Operators(model).ShouldBe("Conv");
    }

    [Fact]
    public void A_shift_between_layers_keeps_its_borders() =>
        Applies(Shifted([TestModels.Node("Relu", ["x"], "r"), TestModels.Node("Sub", ["r", "c"], "n")]), new FoldInputShift(), 0, s_input);

    [Fact]
    public void A_shift_that_is_computed_stays() =>
        Applies(Shifted([TestModels.Node("GlobalMaxPool", ["x"], "m"), TestModels.Node("Sub", ["x", "m"], "n")]), new FoldInputShift(), 0, s_input);

    [Fact]
    public void A_shift_taken_from_the_other_side_stays() =>
        Applies(Shifted([TestModels.Node("Sub", ["c", "x"], "n")]), new FoldInputShift(), 0, s_input);

    [Fact]
    public void A_shifted_input_with_another_use_or_given_out_stays() =>
        Applies(Shifted([TestModels.Node("Sub", ["x", "c"], "n")]).Giving("n"), new FoldInputShift(), 0, s_input);

    [Fact]
    public void Weights_that_are_computed_stay()
    {
        var model = Shifted([TestModels.Node("Identity", ["w"], "moving"), TestModels.Node("Sub", ["x", "c"], "n")]);
        model.Graph.Nodes[^1].Inputs[1] = "moving";
        Applies(model, new FoldInputShift(), 0, s_input);
    }

    [Theory]
    [InlineData(CompressionKind.Fp32)]
    [InlineData(CompressionKind.Int8Dynamic)]
    [InlineData(CompressionKind.Int8Reduced)]
    public void Every_form_can_be_made_so(CompressionKind kind)
    {
        var request = TestModels.Request("lenet-mnist", kind);
        var plain = TestModels.Produce(request);
        var folded = TestModels.Produce(request with { Recipe = request.Recipe with { FoldInputShift = true } });
        OnnxModel.Read(plain.Model).Graph.Nodes.ShouldContain(n => n.OpType == "Sub");
        OnnxModel.Read(folded.Model).Graph.Nodes.ShouldNotContain(n => n.OpType == "Sub");
        folded.RefusedBecause.ShouldBeNull();
        folded.Quality.PointsLost.ShouldBeLessThan(0.5);
    }

    private static int Fold(OnnxModel model)
    {
        var runner = new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(new FoldInputShift());
        return runner.Reports.ShouldHaveSingleItem().Changes;
    }

    /// <summary>Nodes from x to n, and a 3x3 Conv of n.</summary>
    private static OnnxModel Shifted(IEnumerable<OnnxNode> nodes, long pad = 1, int group = 1) => TestModels.Model(
        [.. nodes, TestModels.Node("Conv", ["n", "w", "b"], "y", OnnxAttribute.Of("pads", [pad, pad, pad, pad]), OnnxAttribute.Of("group", group))],
        [
            TestModels.Random("w", 6, 3 / group, 3, 3), TestModels.Random("b", 6), TestModels.Positive("c", 3, 1, 1), Scalar("f", 0.5f),
            Integers("pads", 0, 0, 1, 1, 0, 0, 1, 1),
        ],
        [null, 3, 6, 6]);
}
