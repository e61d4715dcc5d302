using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class RunSizeTests
{
    [Theory]
    [InlineData(1, 32)]
    [InlineData(64, 32)]
    [InlineData(1024, 8)]
    [InlineData(8192, 1)]
    [InlineData(1L << 40, 1)]
    public void A_run_takes_as_many_samples_as_fit_into_8_MB_of_activations(long kilobytes, int samples)
    {
        var (graph, feed) = Make(TestModels.Node("Expand", ["x", "shape"], "y"), [1, kilobytes * 256]);
        feed.Batches(RunSize.Of(graph, feed)).First().Count.ShouldBe(samples);
    }

    [Fact]
    public void Where_activations_are_not_known_before_the_model_runs_it_takes_eight()
    {
        var (graph, feed) = Make(TestModels.Node("NonZero", ["x"], "y"), [1]);
        feed.Batches(RunSize.Of(graph, feed)).First().Count.ShouldBe(8);
    }

    private static (ModelGraph Graph, SampleFeed Feed) Make(OnnxNode node, long[] shape)
    {
        var model = TestModels.Model([node], [OnnxTensor.Of<long>("shape", OnnxElementType.Int64, [shape.Length], shape)], [null, 1]);
        var graph = new ModelGraph(model);
        new NameFreeDimensions().Apply(graph);
        return (graph, SampleFeed.Create(ModelInputs.Of(model), [new SampleSet("samples", OnnxElementType.Float, [1], 64, new byte[256], new SampleScaling())], 64));
    }
}
