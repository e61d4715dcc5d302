using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class FoldConstantsTests
{
    [Theory]
    [InlineData("Add", new long[] { 3, -4, long.MaxValue }, new long[] { 5 })]
    [InlineData("Sub", new long[] { 3, -4, long.MinValue }, new long[] { 5 })]
    [InlineData("Mul", new long[] { 3, -4, long.MaxValue }, new long[] { 5 })]
    [InlineData("Mul", new long[] { 7 }, new long[] { 3, -4 })]
    [InlineData("Sub", new long[] { 7, 8 }, new long[] { 3, -4 })]
    public void Whole_numbers_fold_without_a_session_to_what_the_runtime_computes(string type, long[] left, long[] right)
    {
        var graph = Graph(type, left, right);
        var alone = new Refusing();
        new FoldConstants(alone, CancellationToken.None).Apply(graph).ShouldBe(1);
        var folded = graph.Constant("c")!;

        var same = Graph(type, left, right);
        using var session = TestModels.Runner.Load(same.Model.ToArray(), new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
        var computed = session.Run([new ModelTensor("x", OnnxElementType.Float, [1], new byte[4])], ["y"], CancellationToken.None)[0];
        folded.Dimensions.ShouldBe(computed.Dimensions);
        TensorContent.Bytes(folded).ToArray().ShouldBe(computed.Data.ToArray());
    }

    [Fact]
    public void Numbers_that_broadcast_over_two_axes_are_left_to_the_runtime()
    {
        var graph = Graph("Add", [1, 2, 3], [4, 5]);
        new FoldConstants(new Refusing(), CancellationToken.None).Apply(graph).ShouldBe(0);
        graph.Nodes.Count.ShouldBe(2);
    }

    private static ModelGraph Graph(string type, long[] left, long[] right)
    {
        // A lone number is a scalar, so that the other's shape comes out.
        static OnnxTensor Of(string name, long[] values, bool scalar) => OnnxTensor.Of<long>(name, OnnxElementType.Int64, scalar ? [] : [values.Length], values);
        var model = TestModels.Model(
            [TestModels.Node(type, ["a", "b"], "c"), TestModels.Node("Identity", ["c"], "y")],
            [Of("a", left, left.Length == 1), Of("b", right, right.Length == 1)],
            [1]);
        model.Graph.Outputs[0].Type!.Tensor!.ElementType = (int)OnnxElementType.Int64;
        return new ModelGraph(model);
    }

    private sealed class Refusing : IModelRunner
    {
        public IModelSession Load(ReadOnlyMemory<byte> model, ModelSessionOptions options) => throw new ModelRunException("not asked");

        public IModelSession Load(string path, ModelSessionOptions options) => throw new ModelRunException("not asked");
    }
}
