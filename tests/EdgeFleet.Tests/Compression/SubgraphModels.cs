using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression;

/// <summary>Models with branches and loops: input x of [batch, 64], output y.</summary>
internal static class SubgraphModels
{
    public const int Width = 64;

    public static SampleSet Samples(int count = 8) =>
        new("x", OnnxElementType.Float, [Width], count, TensorContent.Bytes(TestModels.Random("s", count, Width)), new SampleScaling());

    /// <summary>Four weights: one in a Constant node of a branch, one in a loop's body, one of the main graph, one in a nested branch.</summary>
    public static OnnxModel Branching(float shift = 0.5f)
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
    public static OnnxTensor Weights(string name)
    {
        var values = TensorContent.Floats(TestModels.Random(name, Width, Width)).ToArray();
        return OnnxTensor.Of<float>(name, OnnxElementType.Float, [Width, Width], Array.ConvertAll(values, v => v * 0.1f));
    }

    public static OnnxModel If(OnnxGraph then, OnnxGraph @else, float shift)
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

    public static OnnxGraph Branch(string name, OnnxNode[] nodes)
    {
        var graph = new OnnxGraph { Name = name };
        graph.Nodes.AddRange(nodes);
        graph.Outputs.Add(new OnnxValueInfo { Name = $"{name}_y", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        return graph;
    }

    /// <summary>y = the state after <paramref name="rounds"/> rounds of tanh(state * w), times the mean over all rounds of relu(state * v).</summary>
    public static OnnxModel Loop(long rounds = 3)
    {
        var body = new OnnxGraph { Name = "body" };
        body.Inputs.AddRange(
        [
            OnnxValueInfo.Tensor("i", OnnxElementType.Int64, []), OnnxValueInfo.Tensor("go", OnnxElementType.Bool, []),
            OnnxValueInfo.Tensor("state", OnnxElementType.Float, [null, Width]),
        ]);
        body.Nodes.AddRange(
        [
            TestModels.Node("Identity", ["go"], "go_on"), TestModels.Node("MatMul", ["state", "w"], "product"), TestModels.Node("Tanh", ["product"], "next"),
            TestModels.Node("MatMul", ["state", "outer_v"], "side"), TestModels.Node("Relu", ["side"], "row"),
        ]);
        body.Initializers.Add(Weights("w"));
        body.Outputs.AddRange([OnnxValueInfo.Tensor("go_on", OnnxElementType.Bool, []), Float("next"), Float("row")]);
        var loop = new OnnxNode { OpType = "Loop", Name = "loop", Inputs = ["rounds", "", "x"], Outputs = ["last", "rows"], Attributes = [OnnxAttribute.Of("body", body)] };
        return TestModels.Model(
            [loop, TestModels.Node("ReduceMean", ["rows"], "mean", OnnxAttribute.Of("axes", [0L]), OnnxAttribute.Of("keepdims", 0L)), TestModels.Node("Mul", ["last", "mean"], "y")],
            [Weights("outer_v"), OnnxTensor.Of("rounds", OnnxElementType.Int64, [], [rounds])],
            [null, Width]);
    }

    /// <summary>y = for each of 4 rows in turn, relu(sum so far * w + row), with the last sum added; the batch is 4.</summary>
    public static OnnxModel Scan()
    {
        var body = new OnnxGraph { Name = "body" };
        body.Inputs.AddRange([OnnxValueInfo.Tensor("sum", OnnxElementType.Float, [Width]), OnnxValueInfo.Tensor("row", OnnxElementType.Float, [Width])]);
        body.Nodes.AddRange(
        [
            TestModels.Node("Unsqueeze", ["sum", "first"], "matrix"), TestModels.Node("MatMul", ["matrix", "w"], "product"), TestModels.Node("Squeeze", ["product", "first"], "flat"),
            TestModels.Node("Add", ["flat", "row"], "both"), TestModels.Node("Relu", ["both"], "next"), TestModels.Node("Identity", ["next"], "given"),
        ]);
        body.Initializers.Add(Weights("w"));
        body.Outputs.AddRange([Float("next"), Float("given")]);
        var scan = new OnnxNode
        {
            OpType = "Scan",
            Name = "scan",
            Inputs = ["zeros", "x"],
            Outputs = ["last", "rows"],
            Attributes = [OnnxAttribute.Of("body", body), OnnxAttribute.Of("num_scan_inputs", 1L)],
        };
        return TestModels.Model(
            [scan, TestModels.Node("Add", ["rows", "last"], "y")],
            [OnnxTensor.Of<float>("zeros", OnnxElementType.Float, [Width], new float[Width]), OnnxTensor.Of<long>("first", OnnxElementType.Int64, [1], [0L])],
            [4, Width]);
    }

    private static OnnxValueInfo Float(string name) =>
        new() { Name = name, Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = (int)OnnxElementType.Float } } };
}
