using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression;

/// <summary>Real models with their data, and small models built in place.</summary>
internal static class TestModels
{
    public static readonly string[] Names = ["resnet20-fashion", "resnet8-fashion-bn", "mobilenetv2-fashion-bn", "lenet-mnist", "lstm-fashion", "vit-fashion"];

    public static IModelRunner Runner { get; } = new OrtModelRunner();

    public static byte[] Bytes(string name) => File.ReadAllBytes(
        name == "resnet20-fashion" ? RepositoryRoot.DemoFile($"{name}.onnx") : RepositoryRoot.TestModel($"{name}.onnx"));

    public static SampleSet Samples(string model) => SampleFile.ReadSamples(File.ReadAllBytes(CalibrationPath(model, "images-idx3")), "images", new SampleScaling());

    public static IReadOnlyList<int> Labels(string model) => SampleFile.ReadLabels(File.ReadAllBytes(CalibrationPath(model, "labels-idx1")), "labels");

    public static CompressionRequest Request(string model, CompressionKind kind, int mostSamples = 1024) => new(Bytes(model), kind)
    {
        Samples = new() { Calibration = [Samples(model)], Labels = Labels(model), Most = mostSamples },
        LatencyRuns = 0,
    };

    public static CompressionResult Produce(CompressionRequest request) =>
        new CompressionPipeline(Runner, TimeProvider.System).Produce(request, CancellationToken.None);

    /// <summary>A model of float tensors: input x, output y.</summary>
    public static OnnxModel Model(IEnumerable<OnnxNode> nodes, IEnumerable<OnnxTensor> constants, long?[] input, int opset = 13)
    {
        var graph = new OnnxGraph { Name = "test" };
        graph.Nodes.AddRange(nodes);
        graph.Initializers.AddRange(constants);
        graph.Inputs.Add(OnnxValueInfo.Tensor("x", OnnxElementType.Float, input));
        graph.Outputs.Add(new OnnxValueInfo { Name = "y", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        var model = new OnnxModel { IrVersion = 7, Graph = graph };
        model.SetOpset("", opset);
        return model;
    }

    public static OnnxNode Node(string type, string[] inputs, string output, params OnnxAttribute[] attributes) =>
        new() { OpType = type, Name = $"{type}-{output}", Inputs = [.. inputs], Outputs = [output], Attributes = [.. attributes] };

    /// <summary>A float constant of fixed pseudo-random values in [-1, 1).</summary>
    public static OnnxTensor Random(string name, params long[] dimensions)
    {
        var random = new Random(name.Length + (int)dimensions.Sum());
        var values = new float[dimensions.Aggregate(1L, (product, dimension) => product * dimension)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        return OnnxTensor.Of<float>(name, OnnxElementType.Float, dimensions, values);
    }

    public static OnnxTensor Positive(string name, params long[] dimensions)
    {
        var tensor = Random(name, dimensions);
        return OnnxTensor.Of<float>(name, OnnxElementType.Float, dimensions, Array.ConvertAll(TensorContent.Floats(tensor).ToArray(), v => Math.Abs(v) + 0.1f));
    }

    /// <summary>The first output for an input of fixed pseudo-random values.</summary>
    public static float[] Run(OnnxModel model, params long[] input)
    {
        var x = Random("x", input);
        using var session = Runner.Load(model.ToArray(), new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
        return session.Run([new ModelTensor("x", OnnxElementType.Float, input, TensorContent.Bytes(x))], [], CancellationToken.None)[0].Floats.ToArray();
    }

    public static float LargestDifference(float[] a, float[] b)
    {
        a.Length.ShouldBe(b.Length);
        return a.Zip(b, (left, right) => Math.Abs(left - right)).Max();
    }

    public static ModelGraph Graph(OnnxModel model)
    {
        GraphVerifier.Verify(model);
        return new ModelGraph(model);
    }

    private static string CalibrationPath(string model, string what) => model == "lenet-mnist"
        ? RepositoryRoot.Path("tests", "data", $"mnist-calib512-{what}-ubyte.gz")
        : RepositoryRoot.DemoFile($"fashion-calib512-{what}-ubyte.gz");
}
