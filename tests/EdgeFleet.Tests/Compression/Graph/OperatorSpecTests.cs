using System.Globalization;
using System.Text;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Graph;

public sealed class OperatorSpecTests
{
    public static TheoryData<string> Models => [.. TestModels.Names];

    [Fact]
    public void The_document_is_the_specification() =>
        File.ReadAllText(RepositoryRoot.Path("docs", "operators.md")).ShouldBe(Document(), "docs/operators.md must say this");

    [Theory]
    [MemberData(nameof(Models))]
    public void Inferred_shapes_and_types_are_those_of_the_runtime(string name)
    {
        var model = OnnxModel.Read(TestModels.Bytes(name));
        var facts = ValueFacts.Of(new ModelGraph(model), TestModels.Runner);
        var check = SpecificationCheck.Of(model);
        var (known, all) = (0, 0);
        foreach (var value in model.Graph.Nodes.SelectMany(n => n.Outputs).Where(o => o.Length > 0))
        {
            all += facts.IsFloat(value) && facts.RankOf(value) is not null ? 1 : 0;
            var kind = check.KindOf(value);
            if (kind.Type != OnnxElementType.Undefined)
            {
                kind.Type.ShouldBe(facts.TypeOf(value), value);
            }

            if (kind.Shape is { Length: > 0 } shape && facts.RankOf(value) is { } rank)
            {
                known += kind.Type == OnnxElementType.Float ? 1 : 0;
                shape.Length.ShouldBe(rank, value);
                facts.ShapeOf(value)!.Zip(shape).ShouldAllBe(d => d.First < 0 || !d.Second.IsKnown || d.First == d.Second.Value, value);
            }
        }

        ((double)known / all).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void A_symbolic_batch_goes_through_the_whole_of_resnet20()
    {
        var model = OnnxModel.Read(TestModels.Bytes("resnet20-fashion"));
        var symbol = model.Graph.Inputs[0].Type!.Tensor!.Shape!.Dimensions[0].Parameter!;
        SpecificationCheck.Of(model).KindOf("logits").Shape.ShouldBe([new Dim(null, symbol), 10]);
    }

    [Theory]
    [InlineData("Add", "shape", "do not broadcast", 3, 5)]
    [InlineData("MatMul", "shape", "4 columns meet 3 rows", 3, 5)]
    [InlineData("Gemm", "shape", "4 columns meet 3 rows", 3, 5)]
    [InlineData("Conv", "shape", "differ in rank", 3, 5)]
    public void Inputs_that_do_not_fit_together_are_refused_with_rule_and_node(string type, string rule, string message, params int[] weights)
    {
        var model = TestModels.Model([TestModels.Node(type, ["x", "w"], "y")], [TestModels.Random("w", [.. weights.Select(w => (long)w)])], [2, 4]);
        var problem = GraphVerifier.Problems(model).ShouldHaveSingleItem();
        problem.Kind.ShouldBe(rule);
        problem.Subject.ShouldBe($"{type} node '{type}-y'");
        problem.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData(6, 3)]
    [InlineData(3, 4)]
    public void Channels_that_do_not_match_are_refused(int channels, int output)
    {
        var model = TestModels.Model(
            [TestModels.Node("Conv", ["x", "w", "b"], "y")], [TestModels.Random("w", 3, channels, 1, 1), TestModels.Random("b", output)], [null, 3, 8, 8]);
        GraphVerifier.Problems(model).ShouldHaveSingleItem().Kind.ShouldBe("shape");
    }

    [Fact]
    public void An_operator_newer_than_the_model_is_refused() =>
        Problem("opset", TestModels.Model([TestModels.Node("LayerNormalization", ["x", "s"], "y")], [TestModels.Positive("s", 4)], [2, 4]))
            .Message.ShouldContain("exists since opset 17");

    [Fact]
    public void A_scale_per_channel_below_opset_13_is_refused()
    {
        // The peer tool writes such files without an error.
        var model = TestModels.Model(
            [
                TestModels.Node("DequantizeLinear", ["q", "s", "z"], "w", OnnxAttribute.Of("axis", 1L)),
                TestModels.Node("MatMul", ["x", "w"], "y"),
            ],
            [
                OnnxTensor.Of<sbyte>("q", OnnxElementType.Int8, [4, 2], new sbyte[8]),
                TestModels.Positive("s", 2),
                OnnxTensor.Of<sbyte>("z", OnnxElementType.Int8, [2], new sbyte[2]),
            ],
            [2, 4],
            opset: 12);
        Problem("attribute", model).Message.ShouldContain("'axis' since opset 13");
        model.SetOpset("", 13);
        GraphVerifier.Problems(model).ShouldBeEmpty();
    }

    [Fact]
    public void An_attribute_that_has_become_an_input_is_refused() =>
        Problem("attribute", TestModels.Model([TestModels.Node("Squeeze", ["x"], "y", OnnxAttribute.Of("axes", [0L]))], [], [1, 4])).Message.ShouldContain("until opset 12");

    [Fact]
    public void Types_that_an_operator_does_not_take_are_refused() => Problem("type", TestModels.Model(
        [TestModels.Node("Cast", ["x"], "i", OnnxAttribute.Of("to", 7L)), TestModels.Node("Sigmoid", ["i"], "y")], [], [1, 4])).Message.ShouldContain("int64");

    [Fact]
    public void Two_types_where_one_is_needed_are_refused() => Problem("type", TestModels.Model(
        [TestModels.Node("Add", ["x", "i"], "y")], [OnnxTensor.Of("i", OnnxElementType.Int64, [], [1L])], [1, 4])).Message.ShouldContain("inputs of one type");

    [Fact]
    public void What_is_unknown_counts_against_nobody() => GraphVerifier.Problems(TestModels.Model(
        [TestModels.Node("NonZero", ["x"], "n"), TestModels.Node("Cast", ["n"], "f", OnnxAttribute.Of("to", 1L)), TestModels.Node("MatMul", ["f", "w"], "y")], [TestModels.Random("w", 3, 2)], [null, 4]))
        .ShouldBeEmpty();

    [Fact]
    public void Nodes_in_subgraphs_are_held_to_it_too()
    {
        var branch = new OnnxGraph { Name = "branch" };
        branch.Nodes.Add(TestModels.Node("MatMul", ["x", "w"], "b"));
        branch.Outputs.Add(new OnnxValueInfo { Name = "b" });
        var model = TestModels.Model(
            [TestModels.Node("If", ["yes"], "y", OnnxAttribute.Of("then_branch", branch))],
            [TestModels.Random("w", 3, 2), OnnxTensor.Of("yes", OnnxElementType.Bool, [], [true])],
            [2, 4]);
        Problem("shape", model).Subject.ShouldBe("MatMul node 'MatMul-b'");
    }

    [Fact]
    public void A_pass_that_breaks_the_graph_is_named_with_node_and_rule()
    {
        var graph = TestModels.Graph(TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", 4, 2)], [2, 4]));
        var message = Should.Throw<InvalidOperationException>(() => new PassRunner(graph, null, CancellationToken.None).Run(new Breaking("other"))).Message;
        message.ShouldContain("Pass breaking");
        message.ShouldContain("rule 'shape'");
        message.ShouldContain("MatMul node 'MatMul-y'");
    }

    [Fact]
    public void Every_rule_takes_damaged_attributes_and_shapes_without_an_exception()
    {
        var random = new Random(5);
        foreach (var spec in OperatorSpecs.All)
        {
            for (var round = 0; round < 300; round++)
            {
                GraphVerifier.Problems(Damaged(spec, random)).ToList().Count.ShouldBeLessThanOrEqualTo(20);
            }
        }
    }

    private static OnnxModel Damaged(OperatorSpec spec, Random random)
    {
        string[] names = ["axis", "axes", "perm", "pads", "strides", "dilations", "kernel_shape", "group", "split", "starts", "ends", "transA", "K", "N", "keepdims"];
        long[] numbers = [0, 1, -1, 2, 7, -7, 64, int.MaxValue, long.MaxValue, long.MinValue];
        long Number() => numbers[random.Next(numbers.Length)];
        long[] Some() => [.. Enumerable.Range(0, random.Next(5)).Select(_ => Number())];
        var node = TestModels.Node(spec.Type, [.. Enumerable.Range(0, Math.Min(5, spec.MostInputs)).Select(i => $"i{i}")], "y");
        node.Domain = spec.Domain;
        node.Outputs.AddRange(spec.MostOutputs > 1 ? ["y2"] : []);
        foreach (var name in names.Where(_ => random.Next(3) == 0))
        {
            node.Attributes.Add(random.Next(2) == 0 ? OnnxAttribute.Of(name, Number()) : OnnxAttribute.Of(name, Some()));
        }

        var model = TestModels.Model([node], [], [4], random.Next(2) == 0 ? 9 : 21);
        model.Graph.Inputs.Clear();
        for (var i = 0; i < node.Inputs.Count; i++)
        {
            if (random.Next(3) == 0)
            {
                var values = Some();
                model.Graph.Initializers.Add(OnnxTensor.Of<long>($"i{i}", OnnxElementType.Int64, [values.Length], values));
            }
            else
            {
                model.Graph.Inputs.Add(OnnxValueInfo.Tensor($"i{i}", OnnxElementType.Float, [.. Some().Select(d => (long?)d)]));
            }
        }

        return model;
    }

    private static ModelProblem Problem(string kind, OnnxModel model)
    {
        var problem = GraphVerifier.Problems(model).ShouldHaveSingleItem();
        problem.Kind.ShouldBe(kind);
        return problem;
    }

    private static string Document()
    {
        var text = new StringBuilder("""
            # Operators that the compression engine knows

            What the engine holds a model to before the first pass and after each, for the operators that its passes make or match. Of
            other operators only the names are checked. What is not known, such as the shape behind an operator that is not listed, counts
            against nobody. The engine's own table is compared with this page by a test.

            `Since` is the first ai.onnx version with the operator; 7 also stands for older ones. Types are those of the first input; `=n`
            says that so many leading inputs share one type. Attributes are listed where not every version has them.


            """);
        foreach (var domain in OperatorSpecs.All.GroupBy(s => s.Domain))
        {
            text.Append(CultureInfo.InvariantCulture, $"## {(domain.Key.Length == 0 ? "ai.onnx" : domain.Key)}\n\n");
            text.Append("| Operator | Since | Inputs | Outputs | Types | Result | Attributes | Shapes |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var spec in domain)
            {
                var same = spec.SameTypes is 1 ? "" : spec.SameTypes == int.MaxValue ? " =all" : $" ={spec.SameTypes}";
                var spans = spec.Attributes.Select(a => $"{a.Name} {(a.Until == int.MaxValue ? $"from {a.Since}" : $"to {a.Until - 1}")}");
                text.Append(CultureInfo.InvariantCulture,
                    $"| {spec.Type} | {spec.Since} | {Range(spec.LeastInputs, spec.MostInputs)} | {Range(1, spec.MostOutputs)} | {Lower(spec.Types)}{same} | {Lower(spec.Output)} | {string.Join(", ", spans)} | {spec.ShapeText} |\n");
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";

        static string Range(int least, int most) => most == int.MaxValue ? $"{least} or more" : least == most ? $"{least}" : $"{least} to {most}";
        static string Lower<T>(T value) => value!.ToString()!.ToLowerInvariant();
    }

    private sealed class Breaking(string weights) : IGraphPass
    {
        public string Name => "breaking";

        public int Apply(ModelGraph graph)
        {
            graph.SetInput(graph.Nodes[0], 1, graph.AddConstant(TestModels.Random(weights, 3, 2)));
            return 1;
        }
    }
}
