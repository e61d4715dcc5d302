using System.Text;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Graph;

public sealed class ModelInspectorTests
{
    [Fact]
    public void A_good_model_is_described()
    {
        var inspection = ModelInspector.Inspect(TestModels.Bytes("resnet20-fashion"), null, TestModels.Runner);
        inspection.Problems.ShouldBeEmpty();
        inspection.Opset.ShouldBe(13);
        inspection.Inputs.ShouldHaveSingleItem().Dimensions.ShouldBe([-1, 1, 28, 28]);
        inspection.Outputs.ShouldHaveSingleItem().Name.ShouldBe("logits");
        inspection.Parameters.ShouldBeInRange(1_080_000, 1_084_100);
        inspection.Operators["Conv"].ShouldBeGreaterThan(19);
    }

    [Fact]
    public void What_is_not_onnx_is_refused() =>
        Refused("format", Encoding.UTF8.GetBytes("<html>404 not found</html>"));

    [Fact]
    public void An_empty_file_is_refused() => Refused("format", []).Message.ShouldContain("empty");

    [Fact]
    public void A_truncated_file_is_refused() =>
        Refused("format", TestModels.Bytes("lenet-mnist")[..100_000]).Message.ShouldContain("remain");

    [Theory]
    [InlineData(6)]
    [InlineData(24)]
    public void An_opset_out_of_range_is_refused(int opset) =>
        Refused("opset", TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [4], opset).ToArray()).Message.ShouldContain(opset.ToString());

    [Theory]
    [InlineData("", "Frobnicate")]
    [InlineData("acme.ops", "Relu")]
    public void An_unknown_operator_is_refused_with_its_node(string domain, string type)
    {
        var node = TestModels.Node(type, ["x"], "y");
        node.Domain = domain;
        Refused("operator", TestModels.Model([node], [], [4]).ToArray()).Subject.ShouldContain(node.Name!);
    }

    [Fact]
    public void A_dangling_edge_is_refused_with_its_node() =>
        Refused("dangling", TestModels.Model([TestModels.Node("Add", ["x", "ghost"], "y")], [], [4]).ToArray()).Message.ShouldContain("ghost");

    [Fact]
    public void A_cycle_is_refused_with_a_node_in_it() =>
        Refused("cycle", TestModels.Model(
            [TestModels.Node("Add", ["x", "b"], "a"), TestModels.Node("Relu", ["a"], "b"), TestModels.Node("Relu", ["b"], "y")], [], [4]).ToArray())
            .Message.ShouldContain("cycle");

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_that_are_not_finite_are_refused_with_tensor_and_element(float bad)
    {
        var weights = OnnxTensor.Of<float>("weights", OnnxElementType.Float, [4], [1, 2, bad, 4]);
        var problem = Refused("non-finite", TestModels.Model([TestModels.Node("Add", ["x", "weights"], "y")], [weights], [4]).ToArray());
        problem.Subject.ShouldBe("weights");
        problem.Message.ShouldContain("element 2");
    }

    [Fact]
    public void A_value_defined_twice_is_refused() =>
        Refused("duplicate", TestModels.Model([TestModels.Node("Relu", ["x"], "y"), TestModels.Node("Abs", ["x"], "y")], [], [4]).ToArray()).Subject.ShouldBe("y");

    [Fact]
    public void An_output_that_nothing_produces_is_refused() =>
        Refused("output", TestModels.Model([TestModels.Node("Relu", ["x"], "z")], [], [4]).ToArray()).Subject.ShouldBe("y");

    [Fact]
    public void A_wrong_number_of_inputs_is_refused() =>
        Refused("arity", TestModels.Model([TestModels.Node("Conv", ["x"], "y")], [], [4]).ToArray()).Subject.ShouldContain("Conv");

    [Fact]
    public void What_only_the_runtime_can_know_is_found_by_loading()
    {
        var model = TestModels.Model([TestModels.Node("Einsum", ["x"], "y", OnnxAttribute.Of("equation", "ij,jk->ik"))], [], [1, 4]);
        ModelInspector.Inspect(model.ToArray(), null, TestModels.Runner).Problems.ShouldHaveSingleItem().Kind.ShouldBe("runtime");
    }

    [Fact]
    public void A_chain_of_ten_thousand_nodes_is_inspected_at_once()
    {
        var nodes = Enumerable.Range(0, 10_000).Select(i => TestModels.Node("Relu", [i == 0 ? "x" : $"v{i - 1}"], i == 9_999 ? "y" : $"v{i}"));
        ModelInspector.Inspect(TestModels.Model(nodes, [], [4]).ToArray()).Problems.ShouldBeEmpty();
    }

    private static ModelProblem Refused(string kind, byte[] file)
    {
        var problem = ModelInspector.Inspect(file).Problems.ShouldHaveSingleItem();
        problem.Kind.ShouldBe(kind);
        return problem;
    }
}
