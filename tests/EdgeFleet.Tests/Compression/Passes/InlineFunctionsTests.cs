using EdgeFleet.Compression;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class InlineFunctionsTests
{
    [Fact]
    public void Calls_become_the_nodes_of_the_body_with_attributes_in_place()
    {
        var model = WithFunctions([Call("Scaled", ["x"], "a", OnnxAttribute.Of("slope", 0.5f)), Call("Scaled", ["a"], "y")], Scaled());
        Inlines(model, 3);
        model.Graph.Nodes.Select(n => n.OpType).ShouldBe(["LeakyRelu", "Neg", "LeakyRelu", "Neg"]);
        model.Graph.Nodes.Select(n => n.Float("alpha", -1)).ShouldBe([0.5f, -1, 0.25f, -1], "the second call takes the function's default");
    }

    [Fact]
    public void A_function_that_calls_another_is_inlined_whole()
    {
        var outer = Function("Twice", ["p"], ["r"], Call("Scaled", ["p"], "q"), Call("Scaled", ["q"], "r"));
        Inlines(WithFunctions([Call("Twice", ["x"], "y")], outer, Scaled()), 4);
    }

    [Fact]
    public void A_call_within_a_branch_is_inlined_there()
    {
        OnnxGraph Branch(string name, OnnxNode node)
        {
            var graph = new OnnxGraph { Name = name };
            graph.Nodes.Add(node);
            graph.Outputs.Add(new OnnxValueInfo { Name = node.Outputs[0] });
            return graph;
        }

        var model = WithFunctions(
            [
                TestModels.Node("If", ["yes"], "y", OnnxAttribute.Of("then_branch", Branch("then", Call("Scaled", ["x"], "t"))), OnnxAttribute.Of("else_branch", Branch("else", TestModels.Node("Relu", ["x"], "e")))),
            ],
            Scaled());
        model.Graph.Initializers.Add(OnnxTensor.Of("yes", OnnxElementType.Bool, [], [true]));
        Inlines(model, 2);
        model.Graph.Nodes[0].Subgraphs.First().Nodes.Count.ShouldBe(2);
    }

    [Fact]
    public void An_output_that_is_an_input_is_passed_on()
    {
        var same = Function("Same", ["p"], ["p", "r"], TestModels.Node("Neg", ["p"], "r"));
        var call = Call("Same", ["x"], "a");
        call.Outputs.Add("b");
        var model = WithFunctions([call, TestModels.Node("Mul", ["a", "b"], "y")], same);

        // The runtime itself refuses such a function.
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(new InlineFunctions());
        TestModels.Run(model, 2, 4).ShouldBe([.. TensorContent.Floats(TestModels.Random("x", 2, 4)).ToArray().Select(v => v * -v)]);
    }

    [Fact]
    public void An_input_that_the_call_leaves_out_is_left_out_in_the_body()
    {
        var clip = Function("Cut", ["p", "low", "high"], ["r"], TestModels.Node("Clip", ["p", "low", "high"], "r"));
        var model = WithFunctions([Call("Cut", ["x", "", "top"], "y")], clip);
        model.Graph.Initializers.Add(OnnxTensor.Of("top", OnnxElementType.Float, [], [0.25f]));
        Inlines(model, 2);
        model.Graph.Nodes.ShouldHaveSingleItem().Inputs.ShouldBe(["x", "", "top"]);
    }

    [Fact]
    public void Weights_within_functions_are_quantized_dynamically()
    {
        var layer = Function("Layer", ["p"], ["r"], TestModels.Node("Constant", [], "w", OnnxAttribute.Of("value", TestModels.Random("", 64, 64))), TestModels.Node("MatMul", ["p", "w"], "r"));
        var source = WithFunctions([Call("Layer", ["x"], "a"), TestModels.Node("Tanh", ["a"], "b"), Call("Layer", ["b"], "y")], layer, width: 64).ToArray();
        var result = TestModels.Produce(new CompressionRequest(source, CompressionKind.Int8Dynamic) { LatencyRuns = 0 });
        result.RefusedBecause.ShouldBeNull();
        OnnxModel.Read(result.Model).Graph.Nodes.Count(n => n.OpType == "MatMulInteger").ShouldBe(2);
        result.Model.Length.ShouldBeLessThan((int)(0.65 * source.Length), "the body's weights stood once in the file and stand twice, in a quarter of the size each");
    }

    [Fact]
    public void A_function_that_calls_itself_is_refused()
    {
        var a = Function("A", ["p"], ["r"], Call("B", ["p"], "r"));
        var b = Function("B", ["p"], ["r"], Call("A", ["p"], "r"));
        Refused(WithFunctions([Call("A", ["x"], "y")], a, b)).ShouldContain("calls itself");
    }

    [Fact]
    public void Functions_that_double_at_each_of_forty_levels_are_refused_before_memory_is_spent()
    {
        var functions = Enumerable.Range(0, 40).Select(i => i == 39
            ? Function("F39", ["p"], ["r"], TestModels.Node("Neg", ["p"], "r"))
            : Function($"F{i}", ["p"], ["r"], Call($"F{i + 1}", ["p"], "q"), Call($"F{i + 1}", ["q"], "r"))).ToArray();
        Refused(WithFunctions([Call("F0", ["x"], "y")], functions)).ShouldContain("4000000 nodes");
    }

    [Fact]
    public void Functions_of_nothing_that_double_at_each_of_sixty_levels_are_refused_before_time_is_spent()
    {
        var functions = Enumerable.Range(0, 60).Select(i => i == 59
            ? Function("F59", ["p"], ["p"])
            : Function($"F{i}", ["p"], ["r"], Call($"F{i + 1}", ["p"], "q"), Call($"F{i + 1}", ["q"], "r"))).ToArray();
        Refused(WithFunctions([Call("F0", ["x"], "y")], functions)).ShouldContain("4000000 nodes");
    }

    [Fact]
    public void Calls_too_deep_are_refused_however_a_file_lists_them()
    {
        // Each function is called by the graph before the next one calls it: none lies deep when it is first seen.
        const int Count = 20_000;
        var functions = Enumerable.Range(0, Count).Select(i => i == 0
            ? Function("F0", ["p"], ["r"], TestModels.Node("Neg", ["p"], "r"))
            : Function($"F{i}", ["p"], ["r"], Call($"F{i - 1}", ["p"], "r"))).ToArray();
        var calls = Enumerable.Range(0, Count).Select(i => Call($"F{i}", [i == 0 ? "x" : $"v{i - 1}"], i == Count - 1 ? "y" : $"v{i}")).ToArray();
        Refused(WithFunctions(calls, functions)).ShouldContain("64 calls deep");
    }

    [Fact]
    public void Numbers_in_attributes_count_as_often_as_they_are_copied()
    {
        var many = TestModels.Node("Scan", ["p"], "r", OnnxAttribute.Of("alphas", new long[100_000]));
        var function = Function("Wide", ["p"], ["r"], many);
        var calls = Enumerable.Range(0, 50).Select(i => Call("Wide", ["x"], i == 0 ? "y" : $"v{i}")).ToArray();
        Refused(WithFunctions(calls, function)).ShouldContain("4000000 nodes");
    }

    [Fact]
    public void Long_names_do_not_grow_with_the_calls_around_them()
    {
        var name = new string('n', 60_000);
        var inner = Function("Inner", ["p"], ["r"], TestModels.Node("Neg", ["p"], name), TestModels.Node("Neg", [name], "r"));
        var call = Call("Inner", ["x"], "y");
        call.Name = name;
        var graph = TestModels.Graph(WithFunctions([call], inner));
        new InlineFunctions().Apply(graph);
        graph.Nodes.Max(n => n.Name!.Length + n.Outputs[0].Length).ShouldBeLessThan(400);
    }

    [Fact]
    public void Calls_more_than_64_deep_are_refused()
    {
        var functions = Enumerable.Range(0, 70).Select(i => i == 69
            ? Function("F69", ["p"], ["r"], TestModels.Node("Neg", ["p"], "r"))
            : Function($"F{i}", ["p"], ["r"], Call($"F{i + 1}", ["p"], "r"))).ToArray();
        Refused(WithFunctions([Call("F0", ["x"], "y")], functions)).ShouldContain("64 calls deep");
    }

    [Fact]
    public void A_body_of_another_opset_is_refused_where_its_operators_differ()
    {
        var function = Function("Rows", ["p"], ["r"], TestModels.Node("Softmax", ["p"], "r"));
        function.Opsets[0].Version = 12;
        Refused(WithFunctions([Call("Rows", ["x"], "y")], function)).ShouldContain("opset 12");
    }

    [Fact]
    public void A_body_of_another_opset_is_inlined_where_its_operators_do_not_differ()
    {
        var function = Scaled();
        function.Opsets[0].Version = 16;
        Inlines(WithFunctions([Call("Scaled", ["x"], "y")], function), 2);
    }

    [Fact]
    public void A_body_that_uses_what_nothing_defines_is_refused_with_the_function()
    {
        var function = Function("Broken", ["p"], ["r"], TestModels.Node("Add", ["p", "ghost"], "r"));
        var problem = ModelInspector.Inspect(WithFunctions([Call("Broken", ["x"], "y")], function).ToArray()).Problems.ShouldHaveSingleItem();
        problem.Kind.ShouldBe("dangling");
        problem.Message.ShouldContain("In the function 'Broken'");
    }

    [Fact]
    public void Two_functions_of_one_name_are_refused() =>
        ModelInspector.Inspect(WithFunctions([Call("Scaled", ["x"], "y")], Scaled(), Scaled()).ToArray()).Problems.ShouldHaveSingleItem().Kind.ShouldBe("duplicate");

    private static void Inlines(OnnxModel model, int changes)
    {
        var before = TestModels.Run(model, 2, 4);
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(new InlineFunctions()).Reports.ShouldHaveSingleItem().Changes.ShouldBe(changes);
        model.Functions.ShouldBeEmpty();
        model.OpsetOf("local").ShouldBeNull();
        TestModels.Run(model, 2, 4).ShouldBe(before);
    }

    private static string Refused(OnnxModel model) =>
        Should.Throw<InvalidModelException>(() => new InlineFunctions().Apply(TestModels.Graph(model))).Message;

    private static OnnxFunction Scaled()
    {
        var slope = new OnnxAttribute { Name = "alpha", Type = OnnxAttributeType.Float, RefAttrName = "slope" };
        var function = Function("Scaled", ["p"], ["r"], TestModels.Node("LeakyRelu", ["p"], "q", slope), TestModels.Node("Neg", ["q"], "r"));
        function.Attributes.Add(OnnxAttribute.Of("slope", 0.25f));
        return function;
    }

    private static OnnxNode Call(string function, string[] inputs, string output, params OnnxAttribute[] attributes)
    {
        var node = TestModels.Node(function, inputs, output, attributes);
        node.Domain = "local";
        return node;
    }

    private static OnnxFunction Function(string name, string[] inputs, string[] outputs, params OnnxNode[] nodes)
    {
        var function = new OnnxFunction { Name = name, Domain = "local" };
        function.Inputs.AddRange(inputs);
        function.Outputs.AddRange(outputs);
        function.Nodes.AddRange(nodes);
        function.Opsets.Add(new OnnxOpset { Domain = "", Version = 17 });
        function.Opsets.Add(new OnnxOpset { Domain = "local", Version = 1 });
        return function;
    }

    private static OnnxModel WithFunctions(OnnxNode[] nodes, params OnnxFunction[] functions) => WithFunctions(nodes, functions, 4);

    private static OnnxModel WithFunctions(OnnxNode[] nodes, OnnxFunction function, int width) => WithFunctions(nodes, [function], width);

    private static OnnxModel WithFunctions(OnnxNode[] nodes, OnnxFunction[] functions, int width)
    {
        var model = TestModels.Model(nodes, [], [null, width], 17);
        model.IrVersion = 8;
        model.SetOpset("local", 1);
        model.Functions.AddRange(functions);
        return model;
    }
}
