using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class SimplifyShapesTests
{
    [Theory]
    [InlineData("x", 0L)]
    [InlineData("r", -1L)]
    public void A_computed_batch_becomes_a_copy_of_the_axis_or_what_is_left(string measured, long expected)
    {
        var model = Reshape(measured, 12);
        var target = TensorContent.Integers(Simplified(model).Graph.Initializers.Find(i => i.Name == "y_shape")!);
        target.ShouldBe([expected, 12]);
    }

    [Fact]
    public void A_computed_batch_beside_an_open_number_stays_unless_it_is_a_copy()
    {
        Simplified(Reshape("r", -1), 0);
        Simplified(Reshape("x", -1), 1);
    }

    [Fact]
    public void Reshape_that_means_zero_by_zero_stays()
    {
        var model = Reshape("x", 12);
        model.SetOpset("", 14);
        model.Graph.Nodes[^1].Attributes.Add(OnnxAttribute.Of("allowzero", 1));
        Simplified(model, 0);
    }

    [Fact]
    public void A_shape_of_fixed_lengths_is_a_constant()
    {
        var model = TestModels.Model(
            [
                TestModels.Node("Shape", ["x"], "s"), TestModels.Node("Slice", ["s", "one", "three"], "inner"), TestModels.Node("Concat", ["minus", "inner"], "target", OnnxAttribute.Of("axis", 0)),
                TestModels.Node("Reshape", ["x", "target"], "y"),
            ],
            [Integers("one", 1), Integers("three", 3), Integers("minus", -1)],
            [null, 3, 4]);
        Operators(Simplified(model, 2)).ShouldBe("Reshape");
    }

    [Fact]
    public void The_expansion_of_a_class_token_keeps_three_nodes()
    {
        // As PyTorch writes token.expand(x.shape[0], -1, -1).
        var model = TestModels.Model(
            [
                TestModels.Node("Shape", ["x"], "s"), TestModels.Node("Gather", ["s", "first"], "n", OnnxAttribute.Of("axis", 0)), TestModels.Node("Unsqueeze", ["n", "front"], "u"),
                TestModels.Node("Concat", ["u", "minus", "minus"], "c", OnnxAttribute.Of("axis", 0)), TestModels.Node("Reshape", ["c", "minus"], "r"),
                TestModels.Node("Shape", ["r"], "rs"), TestModels.Node("ConstantOfShape", ["rs"], "ones", OnnxAttribute.Of("value", Integers("", 1))),
                TestModels.Node("Mul", ["ones", "minusone"], "negative"), TestModels.Node("Equal", ["r", "negative"], "e"), TestModels.Node("Where", ["e", "ones", "r"], "w"),
                TestModels.Node("Expand", ["token", "w"], "t"), TestModels.Node("Concat", ["t", "x"], "y", OnnxAttribute.Of("axis", 1)),
            ],
            [Whole("first", 0), Integers("front", 0), Integers("minus", -1), Whole("minusone", -1), TestModels.Random("token", 1, 1, 4)],
            [null, 3, 4]);
        var given = Simplified(model, 4);
        Operators(given).ShouldBe("Shape Gather Concat Expand Concat");
    }

    [Fact]
    public void A_shape_that_is_given_out_stays_with_what_computes_it()
    {
        var model = TestModels.Model([TestModels.Node("Shape", ["x"], "s"), TestModels.Node("Slice", ["s", "one", "three"], "inner"), TestModels.Node("Relu", ["x"], "y")], [Integers("one", 1), Integers("three", 3)], [null, 3, 4]);
        model.Graph.Outputs.Add(OnnxValueInfo.Tensor("inner", OnnxElementType.Int64, [2]));
        Simplified(model, 0);
    }

    private static OnnxModel Simplified(OnnxModel model, int changes = 1)
    {
        Applies(model, facts => new SimplifyShapes(facts), changes, model.Graph.Inputs[0].Type!.Tensor!.Shape!.Dimensions.Count == 3 ? [2, 3, 4] : [2, 3, 2, 2], 0);
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(new RemoveUnused());
        return model;
    }

    /// <summary>Reshape(x, [length of the first axis of a value, rest]).</summary>
    private static OnnxModel Reshape(string measured, long rest) => TestModels.Model(
        [
            TestModels.Node("Relu", ["x"], "r"), TestModels.Node("Shape", [measured], "s"), TestModels.Node("Gather", ["s", "first"], "n", OnnxAttribute.Of("axis", 0)),
            TestModels.Node("Unsqueeze", ["n", "front"], "u"), TestModels.Node("Concat", ["u", "rest"], "target", OnnxAttribute.Of("axis", 0)), TestModels.Node("Reshape", ["x", "target"], "y"),
        ],
        [Whole("first", 0), Integers("front", 0), Integers("rest", rest)],
        [null, 3, 2, 2]);
}
