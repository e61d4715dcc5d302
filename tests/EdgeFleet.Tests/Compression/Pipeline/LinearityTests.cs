using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>Four times as many layers cost four times the work; work is counted, not timed.</summary>
public sealed class LinearityTests
{
    [Fact]
    public void A_chain_of_400_convolutions_loads_as_many_models_as_one_of_100_and_allocates_at_most_4_5_times()
    {
        Quantize(20);
        var (shorter, longer) = (Quantize(100), Quantize(400));

        // A little over four, since later names have more digits.
        longer.Loads.ShouldBe(shorter.Loads);
        longer.Runs.ShouldBe(shorter.Runs);
        ((double)longer.LoadedBytes / shorter.LoadedBytes).ShouldBeLessThan(4.2);
        ((double)longer.Allocated / shorter.Allocated).ShouldBeLessThan(4.5);
        longer.Bytes.ShouldBeLessThan((int)(4.2 * shorter.Bytes));
    }

    [Fact]
    public void Nodes_that_read_inner_values_come_right_after_these()
    {
        var graph = new ModelGraph(Chain(3));
        var readers = new[] { TestModels.Node("ReduceMax", ["r1"], "most"), TestModels.Node("Neg", ["most"], "least"), TestModels.Node("ReduceMax", ["x"], "input"), TestModels.Node("Add", ["most", "r0"], "sum") };
        var read = OnnxModel.Read(WithOutputs.Bytes(graph, ["most"], readers));
        read.Graph.Nodes.Select(n => n.Outputs[0]).ShouldBe(["input", "c0", "r0", "c1", "r1", "most", "least", "sum", "c2", "y"]);
    }

    [Fact]
    public void Free_dimensions_get_names_of_their_own_and_those_that_have_one_keep_it()
    {
        var model = TestModels.Model([TestModels.Node("Add", ["x", "z"], "y")], [], [null, null, 4]);
        var other = OnnxValueInfo.Tensor("z", OnnxElementType.Float, [null, 1, null]);
        other.Type!.Tensor!.Shape!.Dimensions[0].Parameter = "d1";
        model.Graph.Inputs.Add(other);
        new NameFreeDimensions().Apply(new ModelGraph(model)).ShouldBe(3);
        Names(model.Graph.Inputs[0]).ShouldBe(["d0", "d2", null]);
        Names(other).ShouldBe(["d1", null, "d3"]);
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        session.Inputs.Select(i => i.Dimensions).ShouldBe([[-1, -1, 4], [-1, 1, -1]]);
    }

    [Fact]
    public void A_model_whose_dimensions_are_all_fixed_or_named_or_unknown_stays()
    {
        var model = Chain(1);
        model.Graph.Inputs[0].Type!.Tensor!.Shape!.Dimensions[0].Parameter = "batch";
        model.Graph.Inputs.Add(new OnnxValueInfo { Name = "unknown", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        new NameFreeDimensions().Apply(new ModelGraph(model)).ShouldBe(0);
    }

    private static IEnumerable<string?> Names(OnnxValueInfo value) => value.Type!.Tensor!.Shape!.Dimensions.Select(d => d.Parameter);

    private static Work Quantize(int layers)
    {
        var model = Chain(layers).ToArray();
        var runner = new CountingRunner(TestModels.Runner);
        var samples = new SampleSet("x", OnnxElementType.Float, [2, 4, 4], 64, TensorContent.Bytes(TestModels.Random("x", 64, 2, 4, 4)), new SampleScaling());
        using var session = TestModels.Runner.Load(model, new ModelSessionOptions());
        var feed = SampleFeed.Create(session.Inputs, [samples], 64);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var builder = new VariantBuilder(runner, null, CancellationToken.None);
        var bytes = builder.Build(builder.Prepare(model), new CompressionRecipe(CompressionKind.Int8Reduced), feed).Model.Length;
        return new(runner.Loads, runner.LoadedBytes, runner.Runs, GC.GetAllocatedBytesForCurrentThread() - before, bytes);
    }

    private static OnnxModel Chain(int layers)
    {
        var (nodes, constants) = (new List<OnnxNode>(), new List<OnnxTensor>());
        for (var i = 0; i < layers; i++)
        {
            nodes.Add(TestModels.Node("Conv", [i == 0 ? "x" : $"r{i - 1}", $"w{i}", $"b{i}"], $"c{i}", OnnxAttribute.Of("pads", [1L, 1, 1, 1])));
            nodes.Add(TestModels.Node("Relu", [$"c{i}"], i == layers - 1 ? "y" : $"r{i}"));
            var weights = Array.ConvertAll(TensorContent.Floats(TestModels.Random("w", 2, 2, 3, 3)).ToArray(), w => w / 2);
            constants.Add(OnnxTensor.Of<float>($"w{i}", OnnxElementType.Float, [2, 2, 3, 3], weights));
            constants.Add(OnnxTensor.Of($"b{i}", OnnxElementType.Float, [2], [0.5f, -0.25f]));
        }

        return TestModels.Model(nodes, constants, [null, 2, 4, 4]);
    }

    private sealed record Work(int Loads, long LoadedBytes, int Runs, long Allocated, int Bytes);

    /// <summary>The real runtime, counted.</summary>
    private sealed class CountingRunner(IModelRunner runner) : IModelRunner
    {
        public int Loads { get; private set; }

        public long LoadedBytes { get; private set; }

        public int Runs { get; private set; }

        public IModelSession Load(ReadOnlyMemory<byte> model, ModelSessionOptions options)
        {
            Loads++;
            LoadedBytes += model.Length;
            return new CountingSession(runner.Load(model, options), () => Runs++);
        }

        public IModelSession Load(string path, ModelSessionOptions options)
        {
            Loads++;
            LoadedBytes += new FileInfo(path).Length;
            return new CountingSession(runner.Load(path, options), () => Runs++);
        }
    }

    private sealed class CountingSession(IModelSession session, Action running) : IModelSession
    {
        public IReadOnlyList<ModelTensorInfo> Inputs => session.Inputs;

        public IReadOnlyList<ModelTensorInfo> Outputs => session.Outputs;

        public IReadOnlyList<ModelTensor> Run(IReadOnlyList<ModelTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
        {
            running();
            return session.Run(inputs, outputs, cancellationToken);
        }

        public void Dispose() => session.Dispose();
    }
}
