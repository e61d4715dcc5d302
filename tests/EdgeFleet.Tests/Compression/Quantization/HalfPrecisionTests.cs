using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization;

namespace EdgeFleet.Tests.Compression.Quantization;

public sealed class HalfPrecisionTests
{
    [Fact]
    public void Weights_and_arithmetic_are_float16_and_the_border_is_not()
    {
        var model = Product();
        var expected = TestModels.Run(model, 4, 16);
        Apply(model);
        model.Graph.Nodes.Select(n => n.OpType).ShouldBe(["Cast", "MatMul", "Cast"]);
        model.Graph.Initializers.Single().ElementType.ShouldBe(OnnxElementType.Float16);
        TestModels.LargestDifference(TestModels.Run(model, 4, 16), expected).ShouldBeLessThan(0.01f);
    }

    [Fact]
    public void Activations_beyond_float16_stay_float32_and_no_answer_is_infinite_or_NaN()
    {
        // A front end as of speech models: power of a spectrum, its logarithm, less its mean.
        var model = TestModels.Model(
            [
                TestModels.Node("Mul", ["x", "loud"], "a"), TestModels.Node("MatMul", ["a", "w"], "spectrum"), TestModels.Node("Mul", ["spectrum", "spectrum"], "power"),
                TestModels.Node("Add", ["power", "tiny"], "positive"), TestModels.Node("Log", ["positive"], "log"),
                TestModels.Node("ReduceMean", ["log"], "mean"), TestModels.Node("Sub", ["log", "mean"], "features"), TestModels.Node("MatMul", ["features", "v"], "y"),
            ],
            [Scalar("loud", 300), Scalar("tiny", 1e-10f), TestModels.Random("w", 16, 16), TestModels.Random("v", 16, 16)],
            [null, 16]);
        var expected = TestModels.Run(model, 4, 16);
        Apply(model);
        var facts = ValueFacts.Of(TestModels.Graph(model), TestModels.Runner);
        new[] { "power", "positive" }.ShouldAllBe(v => facts.TypeOf(v) == OnnxElementType.Float);
        new[] { "a", "features" }.ShouldAllBe(v => facts.TypeOf(v) == OnnxElementType.Float16);
        model.Graph.Initializers.Where(i => i.Count > 1).ShouldAllBe(i => i.ElementType == OnnxElementType.Float16);
        TestModels.LargestDifference(TestModels.Run(model, 4, 16), expected).ShouldBeLessThan(0.05f);
    }

    [Theory]
    [InlineData("Log", 1f)]
    [InlineData("Reciprocal", 1e-10f)]
    public void An_argument_that_float16_would_make_zero_stays_float32(string type, float scale)
    {
        var model = TestModels.Model(
            [TestModels.Node("Mul", ["x", "x"], "square"), TestModels.Node("Mul", ["square", "quiet"], "a"), TestModels.Node(type, ["a"], "b"), TestModels.Node("Mul", ["b", "scale"], "y")],
            [Scalar("quiet", 1e-9f), Scalar("scale", scale)],
            [null, 16]);
        var expected = TestModels.Run(model, 4, 16);
        Apply(model);
        var actual = TestModels.Run(model, 4, 16);
        actual.ShouldAllBe(v => float.IsFinite(v));
        expected.Zip(actual).ShouldAllBe(p => Math.Abs(p.First - p.Second) <= (Math.Abs(p.First) * 1e-2f) + 1e-6f);
    }

    [Fact]
    public void A_constant_used_in_both_precisions_is_kept_in_both()
    {
        var model = TestModels.Model(
            [TestModels.Node("Add", ["x", "c"], "a"), TestModels.Node("Max", ["a", "c"], "y")], [TestModels.Random("c", 16)], [null, 16]);
        var expected = TestModels.Run(model, 4, 16);
        Apply(model);
        model.Graph.Initializers.Select(i => i.ElementType).Order().ShouldBe([OnnxElementType.Float, OnnxElementType.Float16]);
        TestModels.LargestDifference(TestModels.Run(model, 4, 16), expected).ShouldBeLessThan(0.01f);
    }

    [Fact]
    public void Weights_within_branches_take_two_bytes_where_no_sample_goes_too()
    {
        var model = TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node("If", ["yes"], "y", OnnxAttribute.Of("then_branch", Branch("v")), OnnxAttribute.Of("else_branch", Branch("u")))],
            [TestModels.Random("w", 16, 16), OnnxTensor.OfRaw("yes", OnnxElementType.Bool, [], new byte[] { 1 })],
            [null, 16]);
        var expected = TestModels.Run(model, 4, 16);
        Apply(model);
        var branches = model.Graph.Nodes.Find(n => n.OpType == "If")!.Subgraphs.ToList();
        branches.SelectMany(b => b.Initializers).ShouldAllBe(i => i.ElementType == OnnxElementType.Float16);
        branches.Select(b => string.Join(' ', b.Nodes.Select(n => n.OpType))).ShouldBe(["MatMul Cast", "Cast Cast MatMul"]);
        TestModels.LargestDifference(TestModels.Run(model, 4, 16), expected).ShouldBeLessThan(0.05f);
    }

    [Fact]
    public void Sequences_keep_float32()
    {
        var model = TestModels.Model(
            [
                TestModels.Node("Relu", ["x"], "a"), TestModels.Node("SplitToSequence", ["a"], "s", OnnxAttribute.Of("axis", 1)),
                TestModels.Node("SequenceAt", ["s", "one"], "b"), TestModels.Node("Sigmoid", ["b"], "y"),
            ],
            [OnnxTensor.Of("one", OnnxElementType.Int64, [], [1L])],
            [null, 16]);
        var expected = TestModels.Run(model, 4, 16);
        Apply(model);
        TestModels.LargestDifference(TestModels.Run(model, 4, 16), expected).ShouldBeLessThan(0.01f);
    }

    [Fact]
    public void What_would_become_zero_or_infinite_becomes_the_nearest_number_that_is_neither()
    {
        var values = OnnxTensor.Of<float>("c", OnnxElementType.Float, [6], [1e-10f, -1e-10f, 1e9f, -1e9f, 0, 1.5f]);
        var halves = TensorContent.Bytes(HalfPrecision.ToHalf(values, "h")).ToArray();
        Enumerable.Range(0, 6).Select(i => (float)BitConverter.ToHalf(halves, 2 * i)).ShouldBe([5.9604645e-8f, -5.9604645e-8f, 65504, -65504, 0, 1.5f]);
    }

    [Fact]
    public void An_inner_value_that_is_an_output_too_keeps_its_name_and_type()
    {
        var model = Product();
        model.Graph.Nodes.Add(TestModels.Node("Relu", ["y"], "z"));
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "z", Type = model.Graph.Outputs[0].Type });
        Apply(model);
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        session.Outputs.Select(o => (o.Name, o.ElementType)).ShouldBe([("y", OnnxElementType.Float), ("z", OnnxElementType.Float)]);
    }

    private static OnnxModel Product() => TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", 16, 8)], [null, 16]);

    private static OnnxGraph Branch(string weights)
    {
        var branch = new OnnxGraph { Name = weights };
        branch.Initializers.Add(TestModels.Random(weights, 16, 16));
        branch.Nodes.Add(TestModels.Node("MatMul", ["a", weights], $"{weights}_out"));
        branch.Outputs.Add(new OnnxValueInfo { Name = $"{weights}_out", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        return branch;
    }

    private static OnnxTensor Scalar(string name, float value) => OnnxTensor.Of(name, OnnxElementType.Float, [], [value]);

    private static void Apply(OnnxModel model)
    {
        var graph = TestModels.Graph(model);
        var facts = new ScopedFacts(graph, TestModels.Runner);
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var x = TestModels.Random("x", 4, 16);
        var feed = SampleFeed.Create(session.Inputs, [new SampleSet("random", OnnxElementType.Float, [16], 4, TensorContent.Bytes(x), new SampleScaling(1))], 4);
        var unfit = HalfRanges.Unfit(graph, facts, feed, TestModels.Runner, CancellationToken.None);
        new PassRunner(graph, null, CancellationToken.None).Run(new HalfPrecision(facts, unfit)).RunInEveryGraph(_ => new HalfStorage());
        GraphVerifier.Verify(model);
    }
}
