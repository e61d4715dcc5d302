using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class ShortenNamesTests
{
    [Fact]
    public void Inner_values_and_constants_get_short_names_and_the_border_keeps_its()
    {
        var model = TestModels.Model(
            [TestModels.Node("Mul", ["x", "model/weights"], "model/product"), TestModels.Node("Relu", ["model/product"], "y")],
            [TestModels.Random("model/weights", 4)],
            [null, 4]);
        model.Graph.ValueInfos.Add(OnnxValueInfo.Tensor("model/product", OnnxElementType.Float, [null, 4]));
        var originals = Shorten(model, [3, 4]);
        originals.ShouldBe(new Dictionary<string, string> { ["a"] = "model/weights", ["b"] = "model/product" });
        model.Graph.Nodes.Select(n => $"{n.Name}{n.OpType}({string.Join(',', n.Inputs)})={n.Outputs[0]}").ShouldBe(["Mul(x,a)=b", "Relu(b)=y"]);
        model.Graph.Initializers.ShouldHaveSingleItem().Name.ShouldBe("a");
        model.Graph.ValueInfos.ShouldBeEmpty();
    }

    [Fact]
    public void A_short_name_that_an_input_or_output_has_is_passed_over()
    {
        var model = TestModels.Model([TestModels.Node("Mul", ["x", "w"], "p"), TestModels.Node("Relu", ["p"], "a")], [TestModels.Random("w", 4)], [null, 4]);
        model.Graph.Outputs[0].Name = "a";
        Shorten(model, [3, 4]).Keys.ShouldBe(["b", "c"]);
    }

    [Fact]
    public void Subgraphs_see_outer_values_under_their_new_names_and_hide_none()
    {
        // Both branches define a value of the same name, and one of them hides the outer "inner".
        var then = Branch("inner", "Exp", "outer/value");
        var otherwise = Branch("inner", "Neg", "outer/value");
        var model = TestModels.Model(
            [
                TestModels.Node("Abs", ["x"], "outer/value"),
                TestModels.Node("Less", ["flag", "limit"], "condition"),
                TestModels.Node("If", ["condition"], "chosen", OnnxAttribute.Of("then_branch", then), OnnxAttribute.Of("else_branch", otherwise)),
                TestModels.Node("Add", ["chosen", "outer/value"], "y"),
            ],
            [OnnxTensor.Of<float>("flag", OnnxElementType.Float, [], [0f]), OnnxTensor.Of<float>("limit", OnnxElementType.Float, [], [1f])],
            [null, 4]);
        var originals = Shorten(model, [3, 4]);
        originals.Values.Count(v => v == "inner").ShouldBe(2);
        then.Nodes[0].Inputs[0].ShouldBe(model.Graph.Nodes[0].Outputs[0]);
        then.Outputs[0].Name.ShouldNotBe(otherwise.Outputs[0].Name);
    }

    [Fact]
    public void Functions_of_the_model_are_renamed_inside()
    {
        var model = TestModels.Model([new OnnxNode { OpType = "Square", Domain = "local", Inputs = ["x"], Outputs = ["y"] }], [], [null, 4], opset: 17);
        model.IrVersion = 8;
        model.SetOpset("local", 1);
        var function = new OnnxFunction { Domain = "local", Name = "Square" };
        function.Inputs.Add("argument");
        function.Outputs.Add("result");
        function.Opsets.AddRange(model.Opsets);
        function.Nodes.Add(TestModels.Node("Mul", ["argument", "argument"], "result"));
        model.Functions.Add(function);
        Shorten(model, [3, 4]);
        function.Nodes[0].Inputs.ShouldBe([function.Inputs[0], function.Inputs[0]]);
        function.Outputs.ShouldBe(function.Nodes[0].Outputs);
    }

    [Fact]
    public void Names_are_letters_then_base_36_without_repetition()
    {
        var model = TestModels.Model([.. Enumerable.Range(0, 2000).Select(i => TestModels.Node("Neg", [i == 0 ? "x" : $"v{i}"], i == 1999 ? "y" : $"v{i + 1}"))], [], [null, 4]);
        var names = Shorten(model, [1, 4]).Keys.ToList();
        names.Count.ShouldBe(1999);

        // x and y are taken.
        names[23].ShouldBe("z");
        names[24].ShouldBe("a0");
        names[24 + (26 * 36) - 1].ShouldBe("zz");
        names[24 + (26 * 36)].ShouldBe("a00");
    }

    [Fact]
    public void What_speaks_of_the_old_names_goes_and_what_speaks_of_the_model_stays()
    {
        var model = TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [null, 4]);
        model.Graph.Nodes[0].Keep(new UnknownField(6, new byte[] { 0x32, 1, (byte)'d' }));
        model.Keep(new UnknownField(6, new byte[] { 0x32, 1, (byte)'m' }));
        Shorten(model, [1, 4]);
        model.Graph.Nodes[0].Unknown.ShouldBeEmpty();
        model.Unknown.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("resnet8-fashion-bn", CompressionKind.Int8Reduced)]
    [InlineData("lstm-fashion", CompressionKind.Int8Dynamic)]
    public void A_variant_with_short_names_is_smaller_and_gives_the_same_answers(string name, CompressionKind kind)
    {
        var request = TestModels.Request(name, kind, 32);
        var kept = TestModels.Produce(request with { Recipe = request.Recipe with { ShortNames = false } });
        var made = TestModels.Produce(request);
        made.Model.Length.ShouldBeLessThan(kept.Model.Length);
        foreach (var (a, b) in kept.Golden.Cases.Zip(made.Golden.Cases))
        {
            b.Outputs[0].Floats.ToArray().ShouldBe(a.Outputs[0].Floats.ToArray());
        }
    }

    private static IReadOnlyDictionary<string, string> Shorten(OnnxModel model, long[] input)
    {
        var before = TestModels.Run(model, input);
        var pass = new ShortenNames();
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(pass);
        TestModels.Run(model, input).ShouldBe(before);
        return pass.Originals;
    }

    private static OnnxGraph Branch(string output, string type, string outer)
    {
        var graph = new OnnxGraph { Name = type };
        graph.Nodes.Add(TestModels.Node(type, [outer], output));
        graph.Outputs.Add(new OnnxValueInfo { Name = output, Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        return graph;
    }
}
