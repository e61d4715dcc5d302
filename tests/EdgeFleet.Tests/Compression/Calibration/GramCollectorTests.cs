using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class GramCollectorTests
{
    [Theory]
    [InlineData("MatMul", 0)]
    [InlineData("Gemm", 0)]
    [InlineData("Gemm", 1)]
    public void A_matrix_product_has_the_sum_of_products_of_its_inputs(string type, int transB)
    {
        var weights = transB == 0 ? TestModels.Random("w", 5, 3) : TestModels.Random("w", 3, 5);
        OnnxAttribute[] attributes = type == "Gemm" ? [OnnxAttribute.Of("transB", transB)] : [];
        var gram = Collect(TestModels.Model([TestModels.Node(type, ["x", "w"], "y", attributes)], [weights], [null, 5]), 7, 5, out var x).Single();
        (gram.Groups, gram.Columns, gram.Rows).ShouldBe((1, 5, 7));
        for (var i = 0; i < 5; i++)
        {
            for (var j = 0; j < 5; j++)
            {
                gram.Values[(i * 5) + j].ShouldBe(Enumerable.Range(0, 7).Sum(r => (double)x[(r * 5) + i] * x[(r * 5) + j]), 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 0)]
    [InlineData(1, 3, 1, 1)]
    [InlineData(2, 3, 2, 0)]
    [InlineData(4, 3, 1, 1)]
    [InlineData(1, 1, 2, 0)]
    public void The_matrix_of_a_convolution_gives_the_energy_of_its_outputs(int groups, int kernel, int stride, int pad)
    {
        // sum of y^2 = tr(W H W^T): holds only if patches have the layout of the weights.
        var weights = TestModels.Random("w", 4, 4 / groups, kernel, kernel);
        var conv = TestModels.Node(
            "Conv", ["x", "w"], "y", OnnxAttribute.Of("group", groups), OnnxAttribute.Of("strides", [stride, stride]), OnnxAttribute.Of("pads", [pad, pad, pad, pad]));
        var model = TestModels.Model([conv], [weights], [null, 4, 6, 5]);
        var gram = Collect(model, 3, 120, out _, 4, 6, 5).Single();
        var outputs = TestModels.Run(model, 3, 4, 6, 5);
        var w = TensorContent.Floats(weights).ToArray();
        var energy = 0d;
        for (var o = 0; o < 4; o++)
        {
            var h = gram.Group(o / (4 / groups));
            for (var i = 0; i < gram.Columns; i++)
            {
                for (var j = 0; j < gram.Columns; j++)
                {
                    energy += w[(o * gram.Columns) + i] * h[(i * gram.Columns) + j] * w[(o * gram.Columns) + j];
                }
            }
        }

        gram.Groups.ShouldBe(groups);
        gram.Rows.ShouldBe(outputs.Length / 4);
        energy.ShouldBe(outputs.Sum(y => (double)y * y), energy * 1e-5);
    }

    [Fact]
    public void A_small_budget_gives_the_same_matrices_in_more_runs()
    {
        var graph = TestModels.Graph(OnnxModel.Read(TestModels.Bytes("resnet8-fashion-bn")));
        var layers = graph.Nodes.Where(n => GramCollector.IsCollectable(graph, n)).ToList();
        var feed = Feed(graph, "resnet8-fashion-bn", 16);
        var together = GramCollector.Collect(graph, layers, feed, TestModels.Runner, GramCollector.DefaultBudgetBytes, CancellationToken.None).ToList();
        var apart = GramCollector.Collect(graph, layers, feed, TestModels.Runner, 1, CancellationToken.None).ToList();
        together.Count.ShouldBe(layers.Count);
        together.Select(g => g.Layer).ShouldBe(layers);
        apart.Zip(together).ShouldAllBe(p => p.First.Layer == p.Second.Layer && p.First.Rows == p.Second.Rows && p.First.Values.SequenceEqual(p.Second.Values));
    }

    [Fact]
    public void Layers_without_constant_weights_are_passed_over()
    {
        var graph = TestModels.Graph(TestModels.Model([TestModels.Node("MatMul", ["x", "x"], "y")], [], [3, 3]));
        GramCollector.IsCollectable(graph, graph.Nodes[0]).ShouldBeFalse();
        GramCollector.Collect(graph, graph.Nodes, Feed(graph, null, 3), TestModels.Runner, 1, CancellationToken.None).ShouldBeEmpty();
    }

    [Fact]
    public void Inputs_that_overflow_are_refused_by_the_layer_s_name()
    {
        var huge = OnnxTensor.Of("huge", OnnxElementType.Float, [], [1e38f]);
        var model = TestModels.Model(
            [TestModels.Node("Mul", ["x", "huge"], "a"), TestModels.Node("MatMul", ["a", "w"], "y")], [huge, TestModels.Random("w", 5, 3)], [null, 5]);
        Should.Throw<CalibrationDataException>(() => Collect(model, 7, 5, out _)).Message.ShouldContain("MatMul-y");
    }

    private static List<LayerGram> Collect(OnnxModel model, int samples, int elements, out float[] x, params long[] dimensions)
    {
        var graph = TestModels.Graph(model);
        var tensor = TestModels.Random("x", [samples, .. dimensions.Length == 0 ? [elements] : dimensions]);
        x = TensorContent.Floats(tensor).ToArray();
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var set = new SampleSet("random", OnnxElementType.Float, [.. tensor.Dimensions.Skip(1)], samples, TensorContent.Bytes(tensor), new SampleScaling(1));
        var feed = SampleFeed.Create(session.Inputs, [set], samples);
        return [.. GramCollector.Collect(graph, graph.Nodes, feed, TestModels.Runner, GramCollector.DefaultBudgetBytes, CancellationToken.None)];
    }

    private static SampleFeed Feed(ModelGraph graph, string? name, int samples)
    {
        using var session = TestModels.Runner.Load(graph.Model.ToArray(), new ModelSessionOptions());
        return SampleFeed.Create(session.Inputs, name is null ? [] : [TestModels.Samples(name)], samples);
    }
}
