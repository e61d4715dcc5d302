using EdgeFleet.Compression;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Tests.Compression.Passes;

/// <summary>Every lift is run before and after, by the same runtime, on the same input.</summary>
public sealed class LiftOpsetTests
{
    private static readonly float[] Twice = [1, 1, 2, 2];
    private static readonly float[] Half = [1, 1, 0.5f, 0.5f];

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    public void Attributes_that_became_inputs_move(int opset) => Lifts(
        opset,
        [3, 4],
        [
            TestModels.Node("Clip", ["x"], "a", OnnxAttribute.Of("min", -0.5f), OnnxAttribute.Of("max", 0.5f)),
            TestModels.Node("Unsqueeze", ["a"], "b", OnnxAttribute.Of("axes", [1L])),
            TestModels.Node("Squeeze", ["b"], "c", OnnxAttribute.Of("axes", [1L])),
            TestModels.Node("Pad", ["c"], "d", OnnxAttribute.Of("pads", [0L, 1, 0, 1]), OnnxAttribute.Of("value", 2f)),
            TestModels.Node("Slice", ["d"], "e", OnnxAttribute.Of("starts", [1L]), OnnxAttribute.Of("ends", [6L]), OnnxAttribute.Of("axes", [1L])),
            new OnnxNode { OpType = "TopK", Name = "top", Inputs = ["e"], Outputs = ["f", "indices"], Attributes = [OnnxAttribute.Of("k", 3L)] },
            new OnnxNode { OpType = "Split", Name = "split", Inputs = ["f"], Outputs = ["g", "h"], Attributes = [OnnxAttribute.Of("axis", 1L), OnnxAttribute.Of("split", [1L, 2])] },
            TestModels.Node("ReduceSum", ["h"], "i", OnnxAttribute.Of("axes", [1L]), OnnxAttribute.Of("keepdims", 1L)),
            TestModels.Node("Add", ["g", "i"], "y"),
        ]);

    [Theory]
    [InlineData("Softmax", 7, 1)]
    [InlineData("Softmax", 11, 0)]
    [InlineData("Softmax", 11, 2)]
    [InlineData("Softmax", 11, -2)]
    [InlineData("Softmax", 12, -1)]
    [InlineData("LogSoftmax", 9, 1)]
    [InlineData("Hardmax", 10, 1)]
    public void Softmax_over_several_axes_is_flattened_first(string type, int opset, long axis) =>
        Lifts(opset, [2, 3, 5], [TestModels.Node(type, ["x"], "y", OnnxAttribute.Of("axis", axis))]);

    [Fact]
    public void Softmax_over_the_last_axis_stays_one_node() =>
        Lifts(9, [3, 4], [TestModels.Node("Softmax", ["x"], "y")]).Graph.Nodes.ShouldHaveSingleItem().Int("axis", 0).ShouldBe(-1);

    [Theory]
    [InlineData("nearest")]
    [InlineData("linear")]
    public void Upsample_with_a_scales_attribute_becomes_resize(string mode) => Lifts(
        7,
        [1, 2, 3, 5],
        [TestModels.Node("Upsample", ["x"], "y", OnnxAttribute.Of("mode", mode), new OnnxAttribute { Name = "scales", Type = OnnxAttributeType.Floats, Floats = [1, 1, 2, 2.5f] })])
        .Graph.Nodes.ShouldHaveSingleItem().OpType.ShouldBe("Resize");

    [Theory]
    [InlineData("Upsample", 9, "nearest", 3f)]
    [InlineData("Upsample", 9, "linear", 3f)]
    [InlineData("Resize", 10, "nearest", 2.5f)]
    [InlineData("Resize", 10, "nearest", 0.4f)]
    [InlineData("Resize", 10, "linear", 0.4f)]
    public void Resize_without_coordinates_gets_those_it_had(string type, int opset, string mode, float scale) => Lifts(
        opset,
        [1, 2, 5, 7],
        [TestModels.Node(type, ["x", "s"], "y", OnnxAttribute.Of("mode", mode))],
        OnnxTensor.Of<float>("s", OnnxElementType.Float, [4], [1, 1, scale, scale]));

    [Fact]
    public void Resize_by_scales_that_the_input_decides_is_refused() => Refused(
        "Resize",
        10,
        [
            TestModels.Node("Identity", ["s"], "moving"),
            TestModels.Node("Resize", ["x", "moving"], "y"),
        ],
        OnnxTensor.Of<float>("s", OnnxElementType.Float, [4], Twice));

    [Fact]
    public void Resize_that_enlarges_one_axis_and_shrinks_another_is_refused() => Refused(
        "Resize", 10, [TestModels.Node("Resize", ["x", "s"], "y")], OnnxTensor.Of<float>("s", OnnxElementType.Float, [4], [1, 1, 2, 0.5f]));

    [Fact]
    public void Resize_with_coordinates_that_are_gone_is_refused() => Refused(
        "Resize",
        11,
        [TestModels.Node("Resize", ["x", "roi", "s"], "y", OnnxAttribute.Of("coordinate_transformation_mode", "tf_half_pixel_for_nn"))],
        OnnxTensor.Of<float>("roi", OnnxElementType.Float, [0], []),
        OnnxTensor.Of<float>("s", OnnxElementType.Float, [4], Half));

    [Theory]
    [InlineData(7)]
    [InlineData(10)]
    public void Dropout_loses_its_ratio(int opset)
    {
        var dropout = TestModels.Node("Dropout", ["x"], "a", OnnxAttribute.Of("ratio", 0.7f));
        dropout.Outputs.Add("mask");
        Lifts(opset, [3, 4], [dropout, TestModels.Node("Neg", ["a"], "y")]);
    }

    [Fact]
    public void Dropout_whose_mask_is_used_is_refused()
    {
        var dropout = TestModels.Node("Dropout", ["x"], "a");
        dropout.Outputs.Add("mask");
        Refused("Dropout", 10, [dropout, TestModels.Node("Cast", ["mask"], "m", OnnxAttribute.Of("to", 1L)), TestModels.Node("Add", ["a", "m"], "y")]);
    }

    [Theory]
    [InlineData(1, 3, 1, 1)]
    [InlineData(0, 3, 5, 6)]
    public void Batch_normalization_of_opset_7_keeps_its_meaning(int spatial, int channels, int height, int width)
    {
        long[] shape = spatial == 1 ? [channels] : [channels, height, width];
        Lifts(
            7,
            [2, 3, 5, 6],
            [TestModels.Node("BatchNormalization", ["x", "scale", "shift", "mean", "var"], "y", OnnxAttribute.Of("spatial", (long)spatial))],
            TestModels.Random("scale", shape), TestModels.Random("shift", shape), TestModels.Random("mean", shape), TestModels.Positive("var", shape));
    }

    [Fact]
    public void Batch_normalization_in_training_is_refused()
    {
        var norm = TestModels.Node("BatchNormalization", ["x", "c", "c", "c", "c"], "y");
        norm.Outputs.AddRange(["m", "v", "sm", "sv"]);
        var graph = new ModelGraph(TestModels.Model([norm], [TestModels.Positive("c", 4)], [3, 4], 8));
        var facts = ValueFacts.Of(TestModels.Graph(TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [3, 4])), TestModels.Runner);
        Should.Throw<InvalidModelException>(() => new LiftOpset(facts).Apply(graph)).Message.ShouldContain("training");
    }

    [Fact]
    public void Scatter_takes_its_new_name() => Lifts(
        9,
        [3, 4],
        [TestModels.Node("Scatter", ["x", "i", "u"], "y", OnnxAttribute.Of("axis", 1L))],
        OnnxTensor.Of<long>("i", OnnxElementType.Int64, [1, 2], [3, 0]),
        TestModels.Random("u", 1, 2));

    [Fact]
    public void Scan_with_a_batch_dimension_is_refused()
    {
        var body = new OnnxGraph { Name = "body" };
        body.Inputs.Add(OnnxValueInfo.Tensor("item", OnnxElementType.Float, [4]));
        body.Nodes.Add(TestModels.Node("Relu", ["item"], "out"));
        body.Outputs.Add(OnnxValueInfo.Tensor("out", OnnxElementType.Float, [4]));
        Refused("Scan", 8, [TestModels.Node("Scan", ["", "x"], "y", OnnxAttribute.Of("body", body), OnnxAttribute.Of("num_scan_inputs", 1L))]);
    }

    [Fact]
    public void Operators_in_subgraphs_are_lifted_with_constants_of_their_own()
    {
        OnnxGraph Branch(string name, float limit)
        {
            var graph = new OnnxGraph { Name = name };
            graph.Nodes.AddRange(
            [
                TestModels.Node("Clip", ["x"], $"{name}_a", OnnxAttribute.Of("min", -limit)),
                TestModels.Node("ReduceSum", [$"{name}_a"], $"{name}_b", OnnxAttribute.Of("axes", [2L]), OnnxAttribute.Of("keepdims", 0L)),
                TestModels.Node("Softmax", [$"{name}_b"], $"{name}_c", OnnxAttribute.Of("axis", 0L)),
            ]);
            graph.Outputs.Add(OnnxValueInfo.Tensor($"{name}_c", OnnxElementType.Float, [2, 3]));
            return graph;
        }

        var lifted = Lifts(
            9,
            [2, 3, 5],
            [
                TestModels.Node("ReduceSum", ["x"], "sum", OnnxAttribute.Of("keepdims", 0L)),
                TestModels.Node("Greater", ["sum", "zero"], "positive"),
                TestModels.Node("If", ["positive"], "y", OnnxAttribute.Of("then_branch", Branch("then", 0.5f)), OnnxAttribute.Of("else_branch", Branch("else", 0.1f))),
            ],
            OnnxTensor.Of("zero", OnnxElementType.Float, [], [0f]));
        lifted.Graph.Nodes[^1].Subgraphs.First().Initializers.Select(i => i.Name).ShouldBe(["then_a_min", "then_b_axes"]);
    }

    [Fact]
    public void A_later_target_moves_the_reductions_too_and_counts_the_parts_of_a_split()
    {
        var split = TestModels.Node("Split", ["b"], "c", OnnxAttribute.Of("axis", 1L));
        split.Outputs.Add("d");
        var lifted = Lifts(
            11,
            [3, 4],
            [
                TestModels.Node("ReduceMean", ["x"], "a", OnnxAttribute.Of("axes", [1L])),
                TestModels.Node("Sub", ["x", "a"], "b"),
                split,
                TestModels.Node("ReduceMax", ["d"], "e", OnnxAttribute.Of("axes", [0L])),
                TestModels.Node("Mul", ["c", "e"], "y"),
            ],
            21);
        lifted.Graph.Nodes.Single(n => n.OpType == "Split").Int("num_outputs", 0).ShouldBe(2);
    }

    [Theory]
    [InlineData("bilinear")]
    [InlineData("bicubic")]
    public void Grid_sampling_takes_the_new_names_of_its_modes(string mode) => Lifts(
        16,
        [1, 2, 4, 4],
        [TestModels.Node("GridSample", ["x", "grid"], "y", OnnxAttribute.Of("mode", mode))],
        21,
        TestModels.Random("grid", 1, 3, 3, 2));

    [Fact]
    public void The_axis_of_a_fourier_transform_becomes_an_input() => Lifts(17, [2, 8, 4, 1], [TestModels.Node("DFT", ["x"], "y")], 20);

    [Fact]
    public void Regions_keep_their_old_alignment() => Lifts(
        10,
        [1, 2, 8, 8],
        [TestModels.Node("RoiAlign", ["x", "rois", "batch"], "y", OnnxAttribute.Of("output_height", 3L), OnnxAttribute.Of("output_width", 3L))],
        16,
        OnnxTensor.Of<float>("rois", OnnxElementType.Float, [1, 4], [1, 1, 6, 6]),
        OnnxTensor.Of<long>("batch", OnnxElementType.Int64, [1], [0]));

    [Theory]
    [InlineData(13)]
    [InlineData(22)]
    [InlineData(23)]
    public void A_model_in_the_target_or_later_stays_as_it_is(int opset)
    {
        var model = TestModels.Model([TestModels.Node("Softmax", ["x"], "y")], [], [3, 4], opset);
        model.IrVersion = 10;
        var bytes = model.ToArray();
        var graph = TestModels.Graph(model);
        new LiftOpset(ValueFacts.Of(graph, TestModels.Runner)).Apply(graph).ShouldBe(0);
        model.ToArray().ShouldBe(bytes);
    }

    private static OnnxModel Lifts(int opset, long[] input, OnnxNode[] nodes, params OnnxTensor[] constants) => Lifts(opset, input, nodes, LiftOpset.Target, constants);

    private static OnnxModel Lifts(int opset, long[] input, OnnxNode[] nodes, int target, params OnnxTensor[] constants)
    {
        var model = TestModels.Model(nodes, constants, [.. input.Select(d => (long?)d)], opset);
        model.IrVersion = opset < 13 ? 7 : 10;
        var before = TestModels.Run(model, input);
        var graph = TestModels.Graph(model);
        var report = new PassRunner(graph, null, CancellationToken.None).Run(new LiftOpset(ValueFacts.Of(graph, TestModels.Runner), target)).Reports.ShouldHaveSingleItem();
        report.Changes.ShouldBe(1);
        model.OpsetOf("").ShouldBe(target);
        TestModels.LargestDifference(TestModels.Run(model, input), before).ShouldBeLessThanOrEqualTo(1e-6f);
        return model;
    }

    private static void Refused(string type, int opset, OnnxNode[] nodes, params OnnxTensor[] constants)
    {
        var model = TestModels.Model(nodes, constants, [1, 2, 4, 4], opset);
        var graph = TestModels.Graph(model);
        var bytes = model.ToArray();
        var facts = ValueFacts.Of(TestModels.Graph(TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [3, 4])), TestModels.Runner);
        Should.Throw<InvalidModelException>(() => new LiftOpset(facts).Apply(graph)).Subject!.ShouldContain(type);
        model.ToArray().ShouldBe(bytes, "a refused model is left as it was");
    }
}
