using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Tests.Compression.Recovery;

/// <summary>Equalization and smoothing: the float model's answers stay, and integers come closer to them.</summary>
public sealed class FunctionPreservingTests
{
    private static readonly OnnxAttribute s_pads = OnnxAttribute.Of("pads", [1L, 1, 1, 1]);

    [Theory]
    [InlineData("Relu")]
    [InlineData("LeakyRelu")]
    [InlineData("MaxPool")]
    [InlineData("AveragePool")]
    [InlineData("GlobalAveragePool")]
    public void Two_convolutions_with_a_homogeneous_operator_in_between_are_equalized(string between)
    {
        var model = TwoConvs(between, pool: between.EndsWith("Pool", StringComparison.Ordinal) && between[0] != 'G');
        Equalizes(model, 1, [2, 3, 8, 8]);
        var graph = new ModelGraph(model);
        var first = WeightedLayer.Of(graph, graph.Nodes.First(n => n.Is("Conv")))!.OutputMagnitudes();
        var second = WeightedLayer.Of(graph, graph.Nodes.Last(n => n.Is("Conv")))!.InputMagnitudes();
        first.Zip(second).ShouldAllBe(r => Math.Abs(r.First - r.Second) < 1e-4 * r.First);
    }

    [Fact]
    public void A_chain_with_a_depthwise_convolution_and_a_slope_is_equalized_as_a_whole()
    {
        var model = TestModels.Model(
            [
                TestModels.Node("Conv", ["x", "w1", "b1"], "c1"),
                TestModels.Node("PRelu", ["c1", "slope"], "r1"),
                TestModels.Node("Conv", ["r1", "w2", "b2"], "c2", s_pads, OnnxAttribute.Of("group", 6)),
                TestModels.Node("Relu", ["c2"], "r2"),
                TestModels.Node("Conv", ["r2", "w3"], "y"),
            ],
            [
                Uneven(TestModels.Random("w1", 6, 3, 1, 1)), TestModels.Random("b1", 6), TestModels.Positive("slope", 6, 1, 1), TestModels.Random("w2", 6, 1, 3, 3),
                TestModels.Random("b2", 6), TestModels.Random("w3", 4, 6, 1, 1),
            ],
            [null, 3, 8, 8]);
        Equalizes(model, 2, [2, 3, 8, 8]);
        var graph = new ModelGraph(model);
        var layers = graph.Nodes.Where(n => n.Is("Conv")).Select(n => WeightedLayer.Of(graph, n)!).ToList();
        layers[1].IsDepthwise.ShouldBeTrue();
        for (var c = 0; c < 6; c++)
        {
            layers[0].OutputMagnitudes()[c].ShouldBe(layers[1].InputMagnitudes()[c], 0.01);
            layers[1].OutputMagnitudes()[c].ShouldBe(layers[2].InputMagnitudes()[c], 0.01);
        }
    }

    [Fact]
    public void Groups_and_a_flattened_map_are_followed_channel_by_channel() => Equalizes(
        TestModels.Model(
            [
                TestModels.Node("Conv", ["x", "w1"], "c1"),
                TestModels.Node("Relu", ["c1"], "r1"),
                TestModels.Node("Conv", ["r1", "w2", "b2"], "c2", OnnxAttribute.Of("group", 2)),
                TestModels.Node("MaxPool", ["c2"], "p", OnnxAttribute.Of("kernel_shape", [2L, 2]), OnnxAttribute.Of("strides", [2L, 2])),
                TestModels.Node("Flatten", ["p"], "f"),
                TestModels.Node("Gemm", ["f", "w3", "b3"], "g", OnnxAttribute.Of("transB", 1)),
                TestModels.Node("Relu", ["g"], "r3"),
                TestModels.Node("MatMul", ["r3", "w4"], "m"),
                TestModels.Node("Add", ["m", "b4"], "a"),
                TestModels.Node("Relu", ["a"], "r4"),
                TestModels.Node("MatMul", ["r4", "w5"], "y"),
            ],
            [
                Uneven(TestModels.Random("w1", 4, 3, 1, 1)), Uneven(TestModels.Random("w2", 6, 2, 3, 3)), TestModels.Random("b2", 6), TestModels.Random("w3", 10, 54),
                TestModels.Random("b3", 10), TestModels.Random("w4", 10, 7), TestModels.Random("b4", 7), TestModels.Random("w5", 7, 3),
            ],
            [null, 3, 8, 8]),
        4,
        [2, 3, 8, 8]);

    [Theory]
    [InlineData("Sigmoid")]
    [InlineData("Tanh")]
    [InlineData("Softplus")]
    public void An_operator_that_is_not_homogeneous_is_no_way_for_a_factor(string between) => Equalizes(TwoConvs(between), 0, [2, 3, 8, 8]);

    [Theory]
    [InlineData("c")]
    [InlineData("r")]
    public void A_value_with_another_use_keeps_its_scale(string value)
    {
        var model = TwoConvs("Relu");
        model.Graph.Nodes[^1].Outputs[0] = "z";
        model.Graph.Nodes.Add(TestModels.Node("GlobalMaxPool", [value], "other"));
        model.Graph.Nodes.Add(TestModels.Node("Concat", ["z", "other"], "y", OnnxAttribute.Of("axis", 1)));
        model.Graph.Nodes.Insert(3, TestModels.Node("GlobalAveragePool", ["z"], "zp"));
        model.Graph.Nodes[^1].Inputs[0] = "zp";
        Equalizes(model, 0, [2, 3, 8, 8]);
    }

    [Theory]
    [InlineData("c")]
    [InlineData("r")]
    public void An_output_of_the_model_keeps_its_scale(string value)
    {
        var model = TwoConvs("Relu");
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = value });
        Equalizes(model, 0, [2, 3, 8, 8]);
    }

    [Fact]
    public void Weights_or_a_bias_that_are_computed_stay()
    {
        var model = TwoConvs("Relu");
        model.Graph.Nodes.Insert(0, TestModels.Node("Relu", ["b1"], "moving"));
        model.Graph.Nodes[1].Inputs[2] = "moving";
        Equalizes(model, 0, [2, 3, 8, 8]);
    }

    [Fact]
    public void Weights_shared_with_another_layer_are_copied_first()
    {
        var model = TwoConvs("Relu");
        model.Graph.Nodes.Add(TestModels.Node("Conv", ["x", "w1"], "again"));
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "again" });
        Equalizes(model, 1, [2, 3, 8, 8]);
        model.Graph.Initializers.Count(i => i.Name!.StartsWith("w1", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Theory]
    [InlineData(1e9f, 1)]
    [InlineData(0.5f, 0)]
    public void A_clip_becomes_Relu_only_where_its_bound_is_never_reached(float bound, int pairs)
    {
        var model = TwoConvs("Clip");
        model.Graph.Initializers.AddRange([Scalar("low", 0), Scalar("high", bound)]);
        model.Graph.Nodes[1].Inputs.AddRange(["low", "high"]);
        var prepared = new RecoveryCase(model);
        var graph = new ModelGraph(model);
        var expected = TestModels.Run(model, 2, 3, 8, 8);
        new EqualizeLayers(ClipBounds.Collect(graph, prepared.Feed, TestModels.Runner, default)).Apply(graph).ShouldBe(pairs);
        graph.Commit();
        model.Graph.Nodes.Count(n => n.OpType == "Clip").ShouldBe(1 - pairs);
        TestModels.LargestDifference(expected, TestModels.Run(model, 2, 3, 8, 8)).ShouldBeLessThan(1e-4f * expected.Max(Math.Abs));
    }

    [Fact]
    public void A_clip_that_starts_above_zero_is_no_Relu()
    {
        var model = TwoConvs("Clip");
        model.Graph.Initializers.Add(Scalar("low", 0.1f));
        model.Graph.Nodes[1].Inputs.Add("low");
        Equalizes(model, 0, [2, 3, 8, 8]);
    }

    [Fact]
    public void A_channel_without_weights_keeps_its_scale()
    {
        var model = TwoConvs("Relu");
        var weights = TensorContent.Floats(model.Graph.Initializers[0]).ToArray();
        Array.Clear(weights, 0, 3);
        model.Graph.Initializers[0].RawData = System.Runtime.InteropServices.MemoryMarshal.AsBytes(weights.AsSpan()).ToArray();
        Equalizes(model, 1, [2, 3, 8, 8]);
    }

    [Theory]
    [InlineData("norm")]
    [InlineData("mul")]
    [InlineData("linear")]
    public void Smoothing_goes_into_what_comes_before(string before)
    {
        var model = Smoothable(before);
        Smooths(model, 1, isFloat: false);
        model.Graph.Nodes.Count(n => n.Name?.EndsWith("/smooth", StringComparison.Ordinal) == true).ShouldBe(0);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Where_nothing_takes_the_scales_a_Mul_does_unless_integers_would_be_torn_apart(bool isFloat, int changes)
    {
        var model = Smoothable("softmax");
        Smooths(model, changes, isFloat);
        model.Graph.Nodes.Count(n => n.OpType == "Mul").ShouldBe(changes);
    }

    [Fact]
    public void A_value_that_others_read_too_is_not_smoothed()
    {
        var model = Smoothable("mul");
        model.Graph.Nodes.Add(TestModels.Node("Relu", ["v"], "z"));
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "z" });
        Smooths(model, 0, isFloat: true);
    }

    [Fact]
    public void An_output_of_the_model_is_not_smoothed()
    {
        var model = Smoothable("mul");
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "v" });
        Smooths(model, 0, isFloat: true);
    }

    [Fact]
    public void Smoothing_evens_out_a_channel_that_sticks_out()
    {
        var model = Smoothable("mul");
        var before = Unevenness(model);
        Smooths(model, 1, isFloat: false);
        Unevenness(model).ShouldBeLessThan(before / 2);
    }

    /// <summary>Largest over median magnitude of the channels of the value that is smoothed.</summary>
    private static float Unevenness(OnnxModel model)
    {
        var channels = Magnitudes(new ModelGraph(model), out var groups)[groups.Single(g => g.Layers.Count == 2).Value.Value];
        return channels.Max() / channels.Order().ElementAt(channels.Length / 2);
    }

    private static void Equalizes(OnnxModel model, int pairs, long[] input)
    {
        var expected = TestModels.Run(model, input);
        var graph = TestModels.Graph(model);
        new EqualizeLayers(ClipBounds.None).Apply(graph).ShouldBe(pairs);
        graph.Commit();
        GraphVerifier.Verify(model);
        TestModels.LargestDifference(expected, TestModels.Run(model, input)).ShouldBeLessThanOrEqualTo(pairs == 0 ? 0 : 2e-5f * expected.Max(Math.Abs));
    }

    private static void Smooths(OnnxModel model, int changes, bool isFloat)
    {
        var expected = TestModels.Run(model, 3, 5, 8);
        var graph = TestModels.Graph(model);
        var magnitudes = Magnitudes(graph, out var groups);
        groups.RemoveAll(g => g.Value.Value == "x");
        new SmoothActivations(groups, magnitudes, 0.5, _ => isFloat, ClipBounds.None).Apply(graph).ShouldBe(changes);
        graph.Commit();
        GraphVerifier.Verify(model);
        TestModels.LargestDifference(expected, TestModels.Run(model, 3, 5, 8)).ShouldBeLessThanOrEqualTo(changes == 0 ? 0 : 2e-5f * expected.Max(Math.Abs));
    }

    private static Dictionary<string, float[]> Magnitudes(ModelGraph graph, out List<SmoothGroup> groups)
    {
        groups = SmoothActivations.Groups(graph, ValueFacts.Of(graph, TestModels.Runner));
        var made = new RecoveryCase(graph.Model);
        return ChannelMagnitudes.Collect(graph, groups.ConvertAll(g => g.Value), made.Feed, TestModels.Runner, default);
    }

    /// <summary>Something before v, whose second channel is a hundred times the others, and two layers that read v.</summary>
    private static OnnxModel Smoothable(string before)
    {
        var outlier = Enumerable.Range(0, 8).Select(i => i == 1 ? 100f : 1f).ToArray();
        IEnumerable<OnnxNode> nodes = before switch
        {
            "norm" => [TestModels.Node("LayerNormalization", ["x", "scale", "shift"], "v")],
            "mul" => [TestModels.Node("Mul", ["x", "scale"], "m"), TestModels.Node("Add", ["shift", "m"], "a"), TestModels.Node("Relu", ["a"], "v")],
            "linear" => [TestModels.Node("MatMul", ["x", "w"], "m"), TestModels.Node("Add", ["m", "shift"], "a"), TestModels.Node("Relu", ["a"], "v")],
            _ => [TestModels.Node("Softmax", ["x"], "v", OnnxAttribute.Of("axis", -1))],
        };
        return TestModels.Model(
            [.. nodes, TestModels.Node("MatMul", ["v", "q"], "vq"), TestModels.Node("MatMul", ["v", "k"], "vk"), TestModels.Node("Add", ["vq", "vk"], "y")],
            [
                OnnxTensor.Of<float>("scale", OnnxElementType.Float, [8], outlier), TestModels.Random("shift", 8), TestModels.Random("w", 8, 8),
                TestModels.Random("q", 8, 6), TestModels.Random("k", 8, 6),
            ],
            [null, 5, 8],
            opset: 17);
    }

    private static OnnxModel TwoConvs(string between, bool pool = false)
    {
        OnnxAttribute[] attributes = pool ? [OnnxAttribute.Of("kernel_shape", [2L, 2])] : [];
        return TestModels.Model(
            [TestModels.Node("Conv", ["x", "w1", "b1"], "c"), TestModels.Node(between, ["c"], "r", attributes), TestModels.Node("Conv", ["r", "w2"], "y")],
            [Uneven(TestModels.Random("w1", 6, 3, 1, 1)), TestModels.Random("b1", 6), TestModels.Random("w2", 4, 6, 1, 1)],
            [null, 3, 8, 8]);
    }

    private static OnnxTensor Scalar(string name, float value) => OnnxTensor.Of<float>(name, OnnxElementType.Float, [], [value]);

    /// <summary>Output channels that differ by powers of three.</summary>
    private static OnnxTensor Uneven(OnnxTensor weights)
    {
        var values = TensorContent.Floats(weights).ToArray();
        var inner = values.Length / (int)weights.Dimensions[0];
        return OnnxTensor.Of<float>(
            weights.Name!, OnnxElementType.Float, weights.Dimensions, [.. values.Select((v, i) => v * MathF.Pow(3, i / inner))]);
    }
}
