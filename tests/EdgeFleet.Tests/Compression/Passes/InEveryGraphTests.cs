using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization;

namespace EdgeFleet.Tests.Compression.Passes;

/// <summary>Weights within branches and loop bodies: the peer tool leaves them as they are, without a word.</summary>
public sealed class InEveryGraphTests
{
    private const int Width = 64;

    [Fact]
    public void Weights_in_branches_and_loop_bodies_are_quantized_dynamically()
    {
        var source = Branching().ToArray();
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
        var model = Branching(shift);
        var before = TestModels.Run(model, 4, Width);
        Quantize(model).ShouldBe(4);
        TestModels.LargestDifference(TestModels.Run(model, 4, Width), before).ShouldBeLessThan(0.03f * before.Max(Math.Abs));
    }

    [Fact]
    public void An_outer_weight_that_only_branches_used_goes_when_they_no_longer_do()
    {
        var model = Branching();
        Quantize(model);
        model.Graph.Initializers.ShouldNotContain(i => i.Name == "outer_w");
    }

    [Fact]
    public void An_outer_weight_that_is_used_outside_too_stays()
    {
        var model = Branching();
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
        var model = Branching();
        Quantize(model);
        var names = TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes).SelectMany(n => n.Outputs)
            .Concat(TensorWalk.Graphs(model.Graph).SelectMany(g => g.Initializers).Select(i => i.Name!)).ToList();
        names.Distinct().Count().ShouldBe(names.Count);
    }

    [Fact]
    public void Preparation_reaches_into_branches()
    {
        var branch = Branch("then", [
            TestModels.Node("Constant", [], "then_s", OnnxAttribute.Of("value", TestModels.Positive("", Width))),
            TestModels.Node("Sqrt", ["then_s"], "then_r"),
            TestModels.Node("Identity", ["x"], "then_i"),
            TestModels.Node("Mul", ["then_i", "then_r"], "then_y"),
        ]);
        var model = If(branch, Branch("else", [TestModels.Node("Relu", ["x"], "else_y")]), 0.5f);
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
        var result = TestModels.Produce(new CompressionRequest(Branching().ToArray(), CompressionKind.Int8) { LatencyRuns = 0, Samples = new() { Calibration = [Samples()] } });
        var note = result.Passes.Single(p => p.Name == "keep-inner-graphs-float").Notes.ShouldHaveSingleItem();
        note.ShouldContain("If node 'If-y'");
        note.ShouldContain($"4 layers with {4 * Width * Width} weights");
    }

    [Fact]
    public void A_body_whose_types_the_runtime_cannot_tell_is_left_as_it_is()
    {
        var model = Branching();
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

    private static EdgeFleet.Compression.Calibration.SampleSet Samples() =>
        new("x", OnnxElementType.Float, [Width], 8, TensorContent.Bytes(TestModels.Random("s", 8, Width)), new EdgeFleet.Compression.Calibration.SampleScaling());

    /// <summary>Four weights: one in a Constant node of a branch, one in a loop's body, one of the main graph, one in a nested branch.</summary>
    private static OnnxModel Branching(float shift = 0.5f)
    {
        var body = new OnnxGraph { Name = "body" };
        body.Inputs.AddRange(
        [
            OnnxValueInfo.Tensor("body_i", OnnxElementType.Int64, []),
            OnnxValueInfo.Tensor("body_c", OnnxElementType.Bool, []),
            new OnnxValueInfo { Name = "body_x" },
        ]);
        body.Nodes.AddRange(
        [
            TestModels.Node("Identity", ["body_c"], "body_go"),
            TestModels.Node("MatMul", ["body_x", "body_w"], "body_m"),
            TestModels.Node("Tanh", ["body_m"], "body_y"),
        ]);
        body.Initializers.Add(Weights("body_w"));
        body.Outputs.AddRange([new OnnxValueInfo { Name = "body_go" }, new OnnxValueInfo { Name = "body_y" }]);

        var then = Branch("then", [
            TestModels.Node("Constant", [], "then_w", OnnxAttribute.Of("value", Weights(""))),
            TestModels.Node("MatMul", ["x", "then_w"], "then_m"),
            TestModels.Node("Loop", ["times", "", "then_m"], "then_y", OnnxAttribute.Of("body", body)),
        ]);
        var nested = Branch("nested", [TestModels.Node("MatMul", ["else_m", "nested_w"], "nested_y")]);
        nested.Initializers.Add(Weights("nested_w"));
        var otherwise = Branch("other", [TestModels.Node("Neg", ["else_m"], "other_y")]);
        var @else = Branch("else", [
            TestModels.Node("MatMul", ["x", "outer_w"], "else_m"),
            TestModels.Node("Not", ["positive"], "negative"),
            TestModels.Node("If", ["negative"], "else_y", OnnxAttribute.Of("then_branch", nested), OnnxAttribute.Of("else_branch", otherwise)),
        ]);
        var model = If(then, @else, shift);
        model.Graph.Initializers.AddRange([Weights("outer_w"), OnnxTensor.Of("times", OnnxElementType.Int64, [], [2L])]);
        return model;
    }

    /// <summary>So small that tanh does not blow up what int8 loses.</summary>
    private static OnnxTensor Weights(string name)
    {
        var values = TensorContent.Floats(TestModels.Random(name, Width, Width)).ToArray();
        return OnnxTensor.Of<float>(name, OnnxElementType.Float, [Width, Width], Array.ConvertAll(values, v => v * 0.1f));
    }

    private static OnnxModel If(OnnxGraph then, OnnxGraph @else, float shift)
    {
        // The mean of inputs in [-1, 1) is near 0, so the shift decides.
        return TestModels.Model(
            [
                TestModels.Node("ReduceMean", ["x"], "mean", OnnxAttribute.Of("keepdims", 0L)),
                TestModels.Node("Greater", ["mean", "limit"], "positive"),
                TestModels.Node("If", ["positive"], "y", OnnxAttribute.Of("then_branch", then), OnnxAttribute.Of("else_branch", @else)),
            ],
            [OnnxTensor.Of("limit", OnnxElementType.Float, [], [-shift])],
            [null, Width]);
    }

    private static OnnxGraph Branch(string name, OnnxNode[] nodes)
    {
        var graph = new OnnxGraph { Name = name };
        graph.Nodes.AddRange(nodes);
        graph.Outputs.Add(new OnnxValueInfo { Name = $"{name}_y", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        return graph;
    }
}
