using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization;

namespace EdgeFleet.Tests.Compression.Quantization;

/// <summary>float16 within branches and loop bodies, executed.</summary>
public sealed class HalfSubgraphTests
{
    private const int Width = SubgraphModels.Width;

    [Theory]
    [InlineData(0.5f)]
    [InlineData(-0.5f)]
    public void A_taken_branch_computes_in_float16_with_the_loop_or_branch_within_it(float shift)
    {
        var model = Converted(SubgraphModels.Branching(shift), 4);
        var branch = model.Graph.Nodes.Find(n => n.OpType == "If")!.Attribute(shift > 0 ? "then_branch" : "else_branch")!.G!;

        // The other branch is not known to fit, so both give float32.
        branch.Nodes.Where(n => n.OpType == "Cast").ShouldAllBe(n => n.Outputs[0] == branch.Outputs[0].Name);
        TensorWalk.Graphs(branch).SelectMany(g => g.Initializers).ShouldAllBe(i => i.ElementType == OnnxElementType.Float16);
    }

    [Fact]
    public void Branches_that_samples_take_give_float16_to_what_follows()
    {
        var model = SubgraphModels.If(
            SubgraphModels.Branch("then", [TestModels.Node("MatMul", ["a", "w"], "then_m"), TestModels.Node("Tanh", ["then_m"], "then_y")]),
            SubgraphModels.Branch("else", [TestModels.Node("MatMul", ["a", "v"], "else_y")]),
            0);
        model.Graph.Inputs[0] = OnnxValueInfo.Tensor("x", OnnxElementType.Float, [1, Width]);
        model.Graph.Initializers.AddRange([SubgraphModels.Weights("w"), SubgraphModels.Weights("v")]);
        model.Graph.Nodes.Insert(0, TestModels.Node("Sigmoid", ["x"], "a"));
        model.Graph.Nodes[^1].Outputs[0] = "z";
        model.Graph.Nodes.Add(TestModels.Node("Tanh", ["z"], "y"));
        Converted(model, 1);
        Facts(model).Main.TypeOf("z").ShouldBe(OnnxElementType.Float16);
        model.Graph.Nodes.Find(n => n.OpType == "If")!.Subgraphs.SelectMany(s => s.Nodes).Select(n => n.OpType).ShouldBe(["MatMul", "Tanh", "MatMul"]);
    }

    [Fact]
    public void A_branch_that_no_sample_takes_stays_float32_with_weights_of_two_bytes()
    {
        var model = Converted(SubgraphModels.Branching(), 4);
        var branch = model.Graph.Nodes.Find(n => n.OpType == "If")!.Attribute("else_branch")!.G!;
        var facts = Facts(model);
        facts.Of(branch).TypeOf("else_m").ShouldBe(OnnxElementType.Float);
        TensorWalk.Of(branch).Where(t => t.Count > 1).ShouldAllBe(t => t.ElementType == OnnxElementType.Float16);
    }

    [Fact]
    public void A_state_has_one_type_from_before_the_loop_to_after_it()
    {
        var model = Converted(SubgraphModels.Loop(), 4);
        var loop = model.Graph.Nodes.Find(n => n.OpType == "Loop")!;
        var (facts, body) = (Facts(model), loop.Attribute("body")!.G!);
        new[] { loop.Inputs[2], loop.Outputs[0], loop.Outputs[1] }.ShouldAllBe(v => facts.Main.TypeOf(v) == OnnxElementType.Float16);
        body.Inputs.Concat(body.Outputs).Select(v => v.Type!.Tensor!.ElementType).ShouldBe([7, 9, 10, 9, 10, 10]);
        body.Nodes.Select(n => n.OpType).ShouldBe(["Identity", "MatMul", "Tanh", "MatMul", "Relu"]);
        model.Graph.Initializers.Single(i => i.Dimensions.Count == 2).ElementType.ShouldBe(OnnxElementType.Float16);
    }

    [Fact]
    public void A_loop_without_rounds_stays_float32()
    {
        var model = SubgraphModels.Loop(0);
        model.Graph.Nodes.RemoveRange(1, 2);
        model.Graph.Nodes[0].Outputs[0] = "y";
        Converted(model, 4).Graph.Nodes.Find(n => n.OpType == "Loop")!.Attribute("body")!.G!.Inputs[2].Type!.Tensor!.ElementType.ShouldBe(1);
    }

    [Fact]
    public void Rows_and_sums_of_a_scan_are_float16()
    {
        var model = Converted(SubgraphModels.Scan(), 4);
        var body = model.Graph.Nodes.Find(n => n.OpType == "Scan")!.Attribute("body")!.G!;
        body.Inputs.Concat(body.Outputs).ShouldAllBe(v => v.Type!.Tensor!.ElementType == 10);
        body.Nodes.ShouldNotContain(n => n.OpType == "Cast");
    }

    [Fact]
    public void A_blocked_operator_and_an_overflow_within_a_branch_stay_float32_behind_casts()
    {
        var loud = SubgraphModels.Branch("loud", [
            TestModels.Node("Mul", ["x", "much"], "loud_a"), TestModels.Node("Mul", ["loud_a", "little"], "loud_b"), TestModels.Node("Max", ["loud_b", "loud_b"], "loud_c"),
            TestModels.Node("Sigmoid", ["loud_c"], "loud_y"),
        ]);
        var model = SubgraphModels.If(loud, SubgraphModels.Branch("else", [TestModels.Node("Relu", ["x"], "else_y")]), 0.5f);
        model.Graph.Initializers.AddRange([Scalar("much", 1e6f), Scalar("little", 1e-6f)]);
        Converted(model, 4);
        var facts = Facts(model).Of(loud);
        new[] { "loud_a", "loud_b", "loud_c", "loud_y" }.Select(facts.TypeOf)
            .ShouldBe([OnnxElementType.Float, OnnxElementType.Float, OnnxElementType.Float, OnnxElementType.Float16]);
    }

    [Fact]
    public void A_state_that_outgrows_float16_stays_float32_and_the_rest_of_the_body_does_not()
    {
        var body = new OnnxGraph { Name = "body" };
        body.Inputs.AddRange([OnnxValueInfo.Tensor("i", OnnxElementType.Int64, []), OnnxValueInfo.Tensor("go", OnnxElementType.Bool, []), new OnnxValueInfo { Name = "state" }]);
        body.Nodes.AddRange(
        [
            TestModels.Node("Identity", ["go"], "go_on"), TestModels.Node("Mul", ["state", "hundred"], "next"),
            TestModels.Node("Sigmoid", ["x"], "gate"), TestModels.Node("Tanh", ["gate"], "row"),
        ]);
        body.Outputs.AddRange([new OnnxValueInfo { Name = "go_on" }, new OnnxValueInfo { Name = "next" }, new OnnxValueInfo { Name = "row" }]);
        var loop = new OnnxNode { OpType = "Loop", Name = "loop", Inputs = ["rounds", "", "x"], Outputs = ["last", "rows"], Attributes = [OnnxAttribute.Of("body", body)] };
        var model = TestModels.Model(
            [loop, TestModels.Node("Sigmoid", ["last"], "a"), TestModels.Node("Add", ["rows", "a"], "y")],
            [Scalar("hundred", 100), OnnxTensor.Of("rounds", OnnxElementType.Int64, [], [4L])],
            [null, Width]);
        Converted(model, 4);
        var facts = Facts(model);
        facts.Main.TypeOf("last").ShouldBe(OnnxElementType.Float);
        facts.Main.TypeOf("rows").ShouldBe(OnnxElementType.Float16);
        facts.Of(body).TypeOf("gate").ShouldBe(OnnxElementType.Float16);
    }

    [Fact]
    public void A_whole_run_keeps_the_border_and_gives_the_same_bytes_twice()
    {
        foreach (var source in new[] { SubgraphModels.Branching(), SubgraphModels.Loop() })
        {
            var request = new CompressionRequest(source.ToArray(), CompressionKind.Fp16) { LatencyRuns = 0, Samples = new() { Calibration = [SubgraphModels.Samples()] } };
            var result = TestModels.Produce(request);
            result.RefusedBecause.ShouldBeNull();
            result.Quality.Cosine.ShouldBeGreaterThan(0.99999);
            using var session = TestModels.Runner.Load(result.Model, new ModelSessionOptions());
            session.Inputs.Concat(session.Outputs).ShouldAllBe(v => v.ElementType == OnnxElementType.Float);
            TestModels.Produce(request).Model.ShouldBe(result.Model);
        }
    }

    [Fact]
    public void Values_that_branches_name_alike_are_told_apart()
    {
        var model = SubgraphModels.If(
            SubgraphModels.Branch("same", [TestModels.Node("Mul", ["x", "x"], "a"), TestModels.Node("Neg", ["a"], "same_y")]),
            SubgraphModels.Branch("same", [TestModels.Node("Sigmoid", ["x"], "a"), TestModels.Node("Abs", ["a"], "same_y")]),
            0.5f);
        var before = TestModels.Run(model, 4, Width);
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(new DistinctNames()).Reports[0].Changes.ShouldBe(2);
        TestModels.Run(model, 4, Width).ShouldBe(before);
        var names = TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes).SelectMany(n => n.Outputs).ToList();
        names.Distinct().Count().ShouldBe(names.Count);
        new DistinctNames().Apply(TestModels.Graph(model)).ShouldBe(0);
    }

    private static OnnxTensor Scalar(string name, float value) => OnnxTensor.Of(name, OnnxElementType.Float, [], [value]);

    private static ScopedFacts Facts(OnnxModel model) => new(TestModels.Graph(model), TestModels.Runner);

    /// <summary>Converts on four samples, verifies, and compares with float32, optimized and not.</summary>
    private static OnnxModel Converted(OnnxModel model, int batch)
    {
        var expected = TestModels.Run(model, batch, Width);
        var graph = TestModels.Graph(model);
        var passes = new PassRunner(graph, null, CancellationToken.None).RunInEveryGraph(_ => new ConstantsToInitializers());
        var facts = new ScopedFacts(graph, TestModels.Runner);
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var feed = SampleFeed.Create(session.Inputs, [SubgraphModels.Samples(8)], 8);
        passes.Run(new HalfPrecision(facts, HalfRanges.Unfit(graph, facts, feed, TestModels.Runner, CancellationToken.None))).RunInEveryGraph(_ => new HalfStorage());
        GraphVerifier.Verify(model);
        TestModels.LargestDifference(TestModels.Run(model, batch, Width), expected).ShouldBeLessThan(0.01f * expected.Max(Math.Abs));
        using var optimized = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var x = new ModelTensor("x", OnnxElementType.Float, [batch, Width], TensorContent.Bytes(TestModels.Random("x", batch, Width)));
        TestModels.LargestDifference(optimized.Run([x], [], CancellationToken.None)[0].Floats.ToArray(), expected).ShouldBeLessThan(0.01f * expected.Max(Math.Abs));
        return model;
    }
}
