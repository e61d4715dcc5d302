using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization;

namespace EdgeFleet.Tests.Compression.Passes;

/// <summary>Weights within branches and loop bodies: the peer tool leaves them as they are, without a word.</summary>
public sealed class InEveryGraphTests
{
    private const int Width = SubgraphModels.Width;

    [Fact]
    public void Weights_in_branches_and_loop_bodies_are_quantized_dynamically()
    {
        var source = SubgraphModels.Branching().ToArray();
        var result = TestModels.Produce(new CompressionRequest(source, CompressionKind.Int8Dynamic) { LatencyRuns = 0 });
        result.RefusedBecause.ShouldBeNull();
        ((double)result.Model.Length / source.Length).ShouldBeLessThan(0.33);
        result.Quality.Cosine.ShouldBeGreaterThan(0.9995);
        var inner = TensorWalk.Graphs(OnnxModel.Read(result.Model).Graph).SelectMany(g => g.Nodes).ToList();
        inner.Count(n => n.OpType == "MatMulInteger").ShouldBe(4);
        inner.ShouldNotContain(n => n.OpType == "MatMul");
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(-0.5f)]
    public void Both_branches_give_the_same_answers_as_before(float shift)
    {
        var model = SubgraphModels.Branching(shift);
        var before = TestModels.Run(model, 4, Width);
        Quantize(model).ShouldBe(4);
        TestModels.LargestDifference(TestModels.Run(model, 4, Width), before).ShouldBeLessThan(0.03f * before.Max(Math.Abs));
    }

    [Fact]
    public void An_outer_weight_that_only_branches_used_goes_when_they_no_longer_do()
    {
        var model = SubgraphModels.Branching();
        Quantize(model);
        model.Graph.Initializers.ShouldNotContain(i => i.Name == "outer_w");
    }

    [Fact]
    public void An_outer_weight_that_is_used_outside_too_stays()
    {
        var model = SubgraphModels.Branching();
        model.Graph.Nodes[^1].Outputs[0] = "z";
        model.Graph.Nodes.Add(TestModels.Node("ReduceSum", ["outer_w"], "total", OnnxAttribute.Of("keepdims", 0L)));
        model.Graph.Nodes.Add(TestModels.Node("Add", ["z", "total"], "y"));
        var before = TestModels.Run(model, 4, Width);
        Quantize(model);
        model.Graph.Initializers.ShouldContain(i => i.Name == "outer_w");
        TestModels.LargestDifference(TestModels.Run(model, 4, Width), before).ShouldBeLessThan(0.03f * before.Max(Math.Abs));
    }

    [Fact]
    public void Names_made_in_one_branch_occur_nowhere_else()
    {
        var model = SubgraphModels.Branching();
        Quantize(model);
        var names = TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes).SelectMany(n => n.Outputs)
            .Concat(TensorWalk.Graphs(model.Graph).SelectMany(g => g.Initializers).Select(i => i.Name!)).ToList();
        names.Distinct().Count().ShouldBe(names.Count);
    }

    [Fact]
    public void Preparation_reaches_into_branches()
    {
        var branch = SubgraphModels.Branch("then", [
            TestModels.Node("Constant", [], "then_s", OnnxAttribute.Of("value", TestModels.Positive("", Width))),
            TestModels.Node("Sqrt", ["then_s"], "then_r"),
            TestModels.Node("Identity", ["x"], "then_i"),
            TestModels.Node("Mul", ["then_i", "then_r"], "then_y"),
        ]);
        var model = SubgraphModels.If(branch, SubgraphModels.Branch("else", [TestModels.Node("Relu", ["x"], "else_y")]), 0.5f);
        var before = TestModels.Run(model, 4, Width);
        var prepared = OnnxModel.Read(new VariantBuilder(TestModels.Runner, null, CancellationToken.None).Prepare(model.ToArray()).Model);
        var mul = prepared.Graph.Nodes[^1].Subgraphs.First().Nodes.ShouldHaveSingleItem();
        mul.OpType.ShouldBe("Mul");
        mul.Inputs[0].ShouldBe("x");
        TestModels.Run(prepared, 4, Width).ShouldBe(before);
    }

    [Fact]
    public void Static_quantization_says_which_weights_it_leaves_in_subgraphs()
    {
        var result = TestModels.Produce(
            new CompressionRequest(SubgraphModels.Branching().ToArray(), CompressionKind.Int8) { LatencyRuns = 0, Samples = new() { Calibration = [SubgraphModels.Samples()] } });
        var note = result.Passes.Single(p => p.Name == "keep-inner-graphs-float").Notes.ShouldHaveSingleItem();
        note.ShouldContain("If node 'If-y'");
        note.ShouldContain($"2 layers with {2 * Width * Width} weights");
    }

    [Fact]
    public void A_body_whose_types_the_runtime_cannot_tell_is_left_as_it_is()
    {
        var model = SubgraphModels.Branching();
        var graph = TestModels.Graph(model);
        new InEveryGraph(new DynamicQuantization(ValueFacts.None), _ => new DynamicQuantization(ValueFacts.None)).Apply(graph).ShouldBe(0);
    }

    private static int Quantize(OnnxModel model)
    {
        var graph = TestModels.Graph(model);
        var facts = new ScopedFacts(graph, TestModels.Runner);
        return new PassRunner(graph, null, CancellationToken.None)
            .RunInEveryGraph(_ => new ConstantsToInitializers())
            .RunInEveryGraph(g => new DynamicQuantization(facts.Of(g))).Reports[^1].Changes;
    }
}
