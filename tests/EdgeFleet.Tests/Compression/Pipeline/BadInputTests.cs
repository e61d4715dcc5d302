using System.Text;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>What comes from outside and is wrong, or odd: refused with its name, or passed through. Never a crash, never a hang.</summary>
public sealed class BadInputTests
{
    public static TheoryData<CompressionKind> Kinds => [.. Enum.GetValues<CompressionKind>()];

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused_with_tensor_and_element(float bad)
    {
        var weights = TensorContent.Floats(TestModels.Random("w", 4, 2)).ToArray();
        weights[5] = bad;
        var refusal = Refused(TestModels.Model([MatMul()], [OnnxTensor.Of<float>("w", OnnxElementType.Float, [4, 2], weights)], [null, 4]), CompressionKind.Int8Reduced);
        refusal.Subject.ShouldBe("w");
        refusal.Message.ShouldContain("element 5");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Weights_that_are_all_zero_give_a_model_that_answers_zero(CompressionKind kind)
    {
        var model = TestModels.Model([MatMul()], [OnnxTensor.Of<float>("w", OnnxElementType.Float, [4, 2], new float[8])], [null, 4]);
        TestModels.Run(OnnxModel.Read(Built(model, kind)), 3, 4).ShouldAllBe(v => v == 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_layer_of_no_outputs_passes_through(CompressionKind kind)
    {
        var model = TestModels.Model(
            [TestModels.Node("MatMul", ["x", "none"], "c"), MatMul()],
            [OnnxTensor.Of<float>("none", OnnxElementType.Float, [4, 0], []), TestModels.Random("w", 4, 2)],
            [null, 4]);
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "c" });
        TestModels.LargestDifference(TestModels.Run(OnnxModel.Read(Built(model, kind)), 3, 4), TestModels.Run(model, 3, 4)).ShouldBeLessThan(0.3f);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_convolution_of_no_channels_is_refused_as_the_runtime_refuses_it(CompressionKind kind)
    {
        var model = TestModels.Model([TestModels.Node("Conv", ["x", "none"], "y")], [OnnxTensor.Of<float>("none", OnnxElementType.Float, [0, 2, 1, 1], [])], [null, 2, 4, 4]);
        var samples = new SampleSet("x", OnnxElementType.Float, [2, 4, 4], 8, TensorContent.Bytes(TestModels.Random("s", 8, 2, 4, 4)), new SampleScaling());
        Should.Throw<InvalidModelException>(() => TestModels.Produce(new CompressionRequest(model.ToArray(), kind) { Samples = new() { Calibration = [samples] }, LatencyRuns = 0 }))
            .Message.ShouldContain("The runtime cannot run the model");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_empty_constant_and_a_scalar_pass_through(CompressionKind kind)
    {
        var model = TestModels.Model(
            [TestModels.Node("Concat", ["x", "empty"], "a", OnnxAttribute.Of("axis", 0L)), TestModels.Node("Mul", ["a", "two"], "y")],
            [OnnxTensor.Of<float>("empty", OnnxElementType.Float, [0, 4], []), OnnxTensor.Of("two", OnnxElementType.Float, [], [2f])],
            [null, 4]);
        TestModels.LargestDifference(TestModels.Run(OnnxModel.Read(Built(model, kind)), 3, 4), TestModels.Run(model, 3, 4)).ShouldBeLessThan(0.02f);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Operators_of_the_runtime_itself_pass_through(CompressionKind kind)
    {
        var gelu = TestModels.Node("Gelu", ["m"], "y");
        gelu.Domain = "com.microsoft";
        var model = TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "m"), gelu], [TestModels.Random("w", 4, 2)], [null, 4]);
        model.SetOpset("com.microsoft", 1);
        var built = OnnxModel.Read(Built(model, kind));
        built.Graph.Nodes.ShouldContain(n => n.Domain == "com.microsoft" && n.OpType == "Gelu");
        TestModels.LargestDifference(TestModels.Run(built, 3, 4), TestModels.Run(model, 3, 4)).ShouldBeLessThan(0.3f);
    }

    [Fact]
    public void An_operator_of_an_unknown_domain_is_refused()
    {
        var node = TestModels.Node("Frobnicate", ["x"], "y");
        node.Domain = "acme";
        Refused(TestModels.Model([node], [], [4]), CompressionKind.Fp32).Message.ShouldContain("domain 'acme'");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_domain_that_is_imported_and_not_used_is_kept(CompressionKind kind)
    {
        var model = TestModels.Model([MatMul()], [TestModels.Random("w", 4, 2)], [null, 4]);
        model.SetOpset("acme.unused", 3);
        OnnxModel.Read(Built(model, kind)).OpsetOf("acme.unused").ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Names_with_quotes_spaces_and_other_scripts_stay_as_they_are(CompressionKind kind)
    {
        const string Odd = "the \"output\", 'no 1' / überall";
        var model = TestModels.Model([TestModels.Node("MatMul", ["x", "w"], Odd)], [TestModels.Random("w", 4, 2)], [null, 4]);
        model.Graph.Outputs[0].Name = Odd;
        OnnxModel.Read(Built(model, kind)).Graph.Outputs[0].Name.ShouldBe(Odd);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sequences_and_strings_within_pass_through(CompressionKind kind)
    {
        var words = new OnnxTensor { Name = "words", ElementType = OnnxElementType.String, Dimensions = [1] };
        words.StringData.Add(Encoding.UTF8.GetBytes("cat"));
        var model = TestModels.Model(
            [
                TestModels.Node("MatMul", ["x", "w"], "m"),
                TestModels.Node("SequenceConstruct", ["m", "m"], "s"),
                TestModels.Node("ConcatFromSequence", ["s"], "y", OnnxAttribute.Of("axis", 1L)),
                TestModels.Node("Identity", ["words"], "label"),
            ],
            [TestModels.Random("w", 4, 2), words],
            [null, 4]);
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "label", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 8 } } });
        var built = OnnxModel.Read(Built(model, kind));
        built.Graph.Nodes.ShouldContain(n => n.OpType == "SequenceConstruct");
        built.Graph.Outputs.Select(o => o.Name).ShouldBe(["y", "label"]);
    }

    [Theory]
    [InlineData(CompressionKind.Int8)]
    [InlineData(CompressionKind.Int8Reduced)]
    [InlineData(CompressionKind.Int8Dynamic)]
    public void A_model_that_is_quantized_already_is_refused_for_int8(CompressionKind kind) =>
        Refused(Quantized(), kind).Message.ShouldContain("quantized already (QuantizeLinear node 'QuantizeLinear-q')");

    [Theory]
    [InlineData(CompressionKind.Fp32)]
    [InlineData(CompressionKind.Fp16)]
    [InlineData(CompressionKind.Weights8)]
    public void A_model_that_is_quantized_already_passes_through_the_other_kinds(CompressionKind kind) =>
        TestModels.LargestDifference(TestModels.Run(OnnxModel.Read(Built(Quantized(), kind)), 3, 4), TestModels.Run(Quantized(), 3, 4)).ShouldBeLessThan(0.02f);

    [Fact]
    public void A_cycle_is_refused_with_a_node_in_it() => Refused(
        TestModels.Model([TestModels.Node("Add", ["x", "b"], "a"), TestModels.Node("Relu", ["a"], "b"), TestModels.Node("Relu", ["b"], "y")], [], [4]), CompressionKind.Fp32)
        .Message.ShouldContain("cycle through");

    [Fact]
    public void Two_values_of_one_name_are_refused() => Refused(
        TestModels.Model([TestModels.Node("Relu", ["x"], "y"), TestModels.Node("Abs", ["x"], "y")], [], [4]), CompressionKind.Fp32).Subject.ShouldBe("y");

    [Fact]
    public void A_graph_without_outputs_is_refused()
    {
        var model = TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [4]);
        model.Graph.Outputs.Clear();
        Refused(model, CompressionKind.Fp32).Message.ShouldBe("The graph has no outputs.");
    }

    [Fact]
    public void An_output_that_nothing_produces_is_refused() =>
        Refused(TestModels.Model([TestModels.Node("Relu", ["x"], "z")], [], [4]), CompressionKind.Fp32).Subject.ShouldBe("y");

    [Fact]
    public void Ten_thousand_subgraphs_within_each_other_are_refused_on_a_small_stack()
    {
        var file = Nested(10_000);
        IReadOnlyList<ModelProblem> problems = [];
        var thread = new Thread(() => problems = ModelInspector.Inspect(file).Problems, 256 * 1024);
        thread.Start();
        thread.Join();
        var problem = problems.ShouldHaveSingleItem();
        problem.Kind.ShouldBe("format");
        problem.Message.ShouldContain($"nested more than {OnnxLimits.Depth} levels");
    }

    [Fact]
    public void Twenty_subgraphs_within_each_other_are_worked_on_and_written_again()
    {
        var graph = new OnnxGraph { Name = "innermost" };
        graph.Nodes.Add(TestModels.Node("MatMul", ["x", "w"], "v0"));
        graph.Outputs.Add(new OnnxValueInfo { Name = "v0" });
        for (var i = 1; i < 20; i++)
        {
            var outer = new OnnxGraph { Name = $"level{i}" };
            var other = new OnnxGraph { Name = $"other{i}" };
            other.Nodes.Add(TestModels.Node("MatMul", ["x", "w"], $"o{i}"));
            other.Outputs.Add(new OnnxValueInfo { Name = $"o{i}" });
            outer.Nodes.Add(TestModels.Node("If", ["yes"], $"v{i}", OnnxAttribute.Of("then_branch", graph), OnnxAttribute.Of("else_branch", other)));
            outer.Outputs.Add(new OnnxValueInfo { Name = $"v{i}" });
            graph = outer;
        }

        var model = TestModels.Model([], [TestModels.Random("w", 4, 2), OnnxTensor.Of("yes", OnnxElementType.Bool, [], [true])], [null, 4]);
        model.Graph.Nodes.AddRange(graph.Nodes);
        model.Graph.Outputs[0].Name = "v19";
        TestModels.LargestDifference(TestModels.Run(OnnxModel.Read(Built(model, CompressionKind.Int8Dynamic)), 3, 4), TestModels.Run(model, 3, 4)).ShouldBeLessThan(0.05f);
    }

    [Fact]
    public void A_loop_whose_body_is_missing_is_refused()
    {
        var model = TestModels.Model([TestModels.Node("Loop", ["", "", "x"], "y")], [], [4]);
        ModelInspector.Inspect(model.ToArray(), null, TestModels.Runner).Problems.ShouldHaveSingleItem().Kind.ShouldBe("runtime");
        Refused(model, CompressionKind.Int8Dynamic).Message.ShouldContain("runtime cannot load");
    }

    private static OnnxNode MatMul() => TestModels.Node("MatMul", ["x", "w"], "y");

    private static OnnxModel Quantized() => TestModels.Model(
        [
            TestModels.Node("QuantizeLinear", ["x", "s", "z"], "q"),
            TestModels.Node("DequantizeLinear", ["q", "s", "z"], "d"),
            TestModels.Node("MatMul", ["d", "w"], "y"),
        ],
        [OnnxTensor.Of("s", OnnxElementType.Float, [], [1 / 64f]), OnnxTensor.Of<byte>("z", OnnxElementType.UInt8, [], [(byte)64]), TestModels.Random("w", 4, 2)],
        [null, 4]);

    private static byte[] Built(OnnxModel model, CompressionKind kind, params long[] sample)
    {
        var builder = new VariantBuilder(TestModels.Runner, null, CancellationToken.None);
        var source = model.ToArray();
        using var session = TestModels.Runner.Load(source, new ModelSessionOptions());
        sample = sample.Length > 0 ? sample : [4];
        var values = TensorContent.Bytes(TestModels.Random("s", [8, .. sample]));
        var feed = SampleFeed.Create(session.Inputs, [new SampleSet("x", OnnxElementType.Float, sample, 8, values, new SampleScaling())], 8);
        return builder.Build(builder.Prepare(source), new CompressionRecipe(kind), feed).Model;
    }

    private static CompressionInputException Refused(OnnxModel model, CompressionKind kind)
    {
        var builder = new VariantBuilder(TestModels.Runner, null, CancellationToken.None);
        var feed = SampleFeed.Create([new ModelTensorInfo("x", OnnxElementType.Float, [-1, 4])], [], 8);
        return Should.Throw<CompressionInputException>(() => builder.Build(builder.Prepare(model.ToArray()), new CompressionRecipe(kind), feed));
    }

    /// <summary>Graph 7 of node 1 of attribute 5 of graph 6, and so on, written from the inside out without recursion.</summary>
    private static byte[] Nested(int depth)
    {
        var bytes = new List<byte>();
        var length = 0;
        void Wrap(int field)
        {
            var size = length;
            var header = new List<byte> { (byte)((field << 3) | 2) };
            for (; size >= 0x80; size >>= 7)
            {
                header.Add((byte)(size | 0x80));
            }

            header.Add((byte)size);
            header.Reverse();
            bytes.AddRange(header);
            length += header.Count;
        }

        for (var i = 0; i < depth; i++)
        {
            Wrap(6);
            Wrap(5);
            Wrap(1);
        }

        Wrap(7);
        bytes.Reverse();
        return [.. bytes, 0x42, 0x02, 0x10, 0x0D];
    }
}
