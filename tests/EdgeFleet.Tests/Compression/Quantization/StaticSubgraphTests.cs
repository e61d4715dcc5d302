using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Quantization;

/// <summary>Static integers within branches and loop bodies, executed: where the peer tool leaves floats without a word.</summary>
public sealed class StaticSubgraphTests
{
    private const int Width = SubgraphModels.Width;

    [Theory]
    [InlineData(CompressionKind.Int8)]
    [InlineData(CompressionKind.Int8Reduced)]
    [InlineData(CompressionKind.Int8Signed)]
    [InlineData(CompressionKind.Int8Unsigned)]
    public void Both_branches_run_on_integers_where_samples_take_both(CompressionKind kind)
    {
        var result = Produce(Convolutions(0), kind, Pictures());
        result.RefusedBecause.ShouldBeNull();
        result.Quality.Cosine.ShouldBeGreaterThan(0.999);
        var branches = Optimized(result.Model).Graph.Nodes.Find(n => n.OpType == "If")!.Subgraphs.ToList();
        branches.ConvertAll(b => b.Nodes.Count(n => n.OpType is "QLinearConv" or "QLinearAdd")).ShouldBe([2, 2]);
        branches.SelectMany(b => b.Nodes).ShouldNotContain(n => n.OpType == "Conv");
    }

    [Fact]
    public void A_branch_that_no_sample_takes_stays_float_and_is_named()
    {
        var result = Produce(Convolutions(0.5f), CompressionKind.Int8, Pictures());
        result.Quality.Cosine.ShouldBeGreaterThan(0.999);
        var node = OnnxModel.Read(result.Model).Graph.Nodes.Find(n => n.OpType == "If")!;
        node.Attribute("then_branch")!.G!.Nodes.ShouldContain(n => n.OpType == "QuantizeLinear");
        node.Attribute("else_branch")!.G!.Nodes.ShouldNotContain(n => n.OpType == "QuantizeLinear");
        result.Passes.Single(p => p.Name == "keep-inner-graphs-float").Notes.ShouldHaveSingleItem().ShouldContain("keeps 1 layer with");
    }

    [Fact]
    public void What_a_branch_takes_from_around_it_has_the_scale_that_it_has_there()
    {
        var result = Produce(Convolutions(0), CompressionKind.Int8, Pictures(), shortNames: false);
        var model = OnnxModel.Read(result.Model);
        var scales = TensorWalk.Graphs(model.Graph).SelectMany(g => g.Initializers).ToDictionary(i => i.Name!);
        float Scale(OnnxNode node) => TensorContent.Floats(scales[node.Inputs[1]])[0];
        var outer = model.Graph.Nodes.Single(n => n.OpType == "DequantizeLinear" && n.Outputs[0].StartsWith("a/dq", StringComparison.Ordinal));
        foreach (var branch in model.Graph.Nodes.Find(n => n.OpType == "If")!.Subgraphs)
        {
            Scale(branch.Nodes.Single(n => n.OpType == "QuantizeLinear" && n.Inputs[0] == outer.Outputs[0])).ShouldBe(Scale(outer));
        }
    }

    [Fact]
    public void A_loops_body_runs_on_integers_with_ranges_of_all_rounds()
    {
        var result = Produce(SubgraphModels.Loop(), CompressionKind.Int8, SubgraphModels.Samples());
        result.RefusedBecause.ShouldBeNull();
        result.Quality.Cosine.ShouldBeGreaterThan(0.998);
        var body = Optimized(result.Model).Graph.Nodes.Find(n => n.OpType == "Loop")!.Attribute("body")!.G!;
        body.Nodes.Count(n => n.OpType is "MatMulIntegerToFloat" or "QLinearMatMul").ShouldBe(2);
        body.Nodes.ShouldNotContain(n => n.OpType == "MatMul");
        result.Calibrated!.Values.Select(v => v.Value).ShouldContain("state");
    }

    [Fact]
    public void A_scans_body_runs_on_integers()
    {
        var result = Produce(SubgraphModels.Scan(), CompressionKind.Int8, SubgraphModels.Samples());
        result.Quality.Cosine.ShouldBeGreaterThan(0.998);
        var body = Optimized(result.Model).Graph.Nodes.Find(n => n.OpType == "Scan")!.Attribute("body")!.G!;
        body.Nodes.ShouldNotContain(n => n.OpType == "MatMul");
    }

    [Fact]
    public void A_branch_within_a_branch_and_a_loop_within_one_are_reached()
    {
        foreach (var shift in new[] { 0.5f, -0.5f })
        {
            var result = Produce(SubgraphModels.Branching(shift), CompressionKind.Int8, SubgraphModels.Samples());
            result.Quality.Cosine.ShouldBeGreaterThan(0.999);
            var branch = OnnxModel.Read(result.Model).Graph.Nodes.Find(n => n.OpType == "If")!.Attribute(shift > 0 ? "then_branch" : "else_branch")!.G!;
            TensorWalk.Graphs(branch).Take(2).ShouldAllBe(g => g.Nodes.Exists(n => n.OpType == "QuantizeLinear"));
        }
    }

    [Fact]
    public void Layers_within_branches_can_stay_float_by_name_and_the_bytes_are_the_same_twice()
    {
        var recipe = new CompressionRecipe(CompressionKind.Int8) { KeepFloat = ["then_c", "else_c"] };
        var kept = Build(Convolutions(0), recipe, Pictures());
        OnnxModel.Read(kept).Graph.Nodes.Find(n => n.OpType == "If")!.Subgraphs.SelectMany(s => s.Nodes).ShouldNotContain(n => n.OpType == "QuantizeLinear");
        var plain = new CompressionRecipe(CompressionKind.Int8);
        Build(Convolutions(0), plain, Pictures()).ShouldBe(Build(Convolutions(0), plain, Pictures()));
    }

    [Fact]
    public void Extremes_are_those_of_what_ran()
    {
        var model = SubgraphModels.Loop(2);
        var graph = TestModels.Graph(model);
        var found = InnerExtremes.Collect(graph, ["state", "next", "x", "nothing"], Feed(model, SubgraphModels.Samples(4)), 4, TestModels.Runner, CancellationToken.None);
        found.Keys.Order().ShouldBe(["next", "state"]);
        var x = TensorContent.Floats(TestModels.Random("s", 4, Width)).ToArray();
        found["state"].Range.ShouldBe(new ValueRange(x.Min(), x.Max()));
        found["state"].LeastMagnitude.ShouldBeLessThanOrEqualTo(x.Min(Math.Abs));
        found["next"].Range.Max.ShouldBeInRange(0.1f, 1);
    }

    /// <summary>a = relu(conv(x)); y = mean(x) > limit ? conv(a) + a : conv'(a).</summary>
    private static OnnxModel Convolutions(float shift)
    {
        var then = SubgraphModels.Branch("then", [Conv("a", "then_w", "then_c"), TestModels.Node("Relu", ["then_c"], "then_r"), TestModels.Node("Add", ["then_r", "a"], "then_y")]);
        then.Nodes[0].Outputs[0] = "then_c";
        then.Initializers.Add(TestModels.Random("then_w", 8, 8, 3, 3));
        var otherwise = SubgraphModels.Branch("else", [Conv("a", "else_w", "else_c"), TestModels.Node("Add", ["else_c", "a"], "else_y")]);
        otherwise.Initializers.Add(TestModels.Random("else_w", 8, 8, 3, 3));
        var model = SubgraphModels.If(then, otherwise, shift);
        model.Graph.Inputs[0] = OnnxValueInfo.Tensor("x", OnnxElementType.Float, [1, 8, 8, 8]);
        model.Graph.Nodes.InsertRange(0, [Conv("x", "w", "c"), TestModels.Node("Relu", ["c"], "a")]);
        model.Graph.Initializers.Add(TestModels.Random("w", 8, 8, 3, 3));
        return model;
    }

    private static OnnxNode Conv(string x, string w, string y) => TestModels.Node("Conv", [x, w], y, OnnxAttribute.Of("pads", [1L, 1, 1, 1]));

    private static SampleSet Pictures() =>
        new("x", OnnxElementType.Float, [8, 8, 8], 16, TensorContent.Bytes(TestModels.Random("pictures", 16, 8, 8, 8)), new SampleScaling());

    private static CompressionResult Produce(OnnxModel model, CompressionKind kind, SampleSet samples, bool shortNames = true)
    {
        var result = TestModels.Produce(new CompressionRequest(model.ToArray(), kind) { LatencyRuns = 0, Samples = new() { Calibration = [samples] } });
        return shortNames ? result : result with { Model = Build(model, new CompressionRecipe(kind) { ShortNames = false }, samples) };
    }

    private static byte[] Build(OnnxModel model, CompressionRecipe recipe, SampleSet samples)
    {
        var builder = new VariantBuilder(TestModels.Runner, null, CancellationToken.None);
        return builder.Build(builder.Prepare(model.ToArray()), recipe, Feed(model, samples)).Model;
    }

    private static SampleFeed Feed(OnnxModel model, SampleSet samples)
    {
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        return SampleFeed.Create(session.Inputs, [samples], samples.Count);
    }

    /// <summary>The model as the runtime rewrites it.</summary>
    private static OnnxModel Optimized(byte[] model)
    {
        var path = Path.GetTempFileName();
        try
        {
            // On x64 the runtime turns signed activations to unsigned ones, in the main graph only; the form is for arm64, which takes them as they are.
            var options = new ModelSessionOptions
            {
                OptimizedModelPath = path,
                Optimization = GraphOptimization.Extended,
                ConfigEntries = new Dictionary<string, string> { ["session.qdqisint8allowed"] = "1" },
            };
            TestModels.Runner.Load(model, options).Dispose();
            return OnnxModel.Read(File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
