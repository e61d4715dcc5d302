using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Graph;

public sealed class WithOutputsTests
{
    [Fact]
    public void Weights_that_stay_where_they_are_give_the_same_answers_to_the_last_bit()
    {
        var graph = new ModelGraph(OnnxModel.Read(TestModels.Bytes("resnet8-fashion-bn")));
        var values = graph.Nodes.SelectMany(n => n.Outputs).ToList();
        var input = new ModelTensor("input", OnnxElementType.Float, [3, 1, 28, 28], TestModels.Random("x", 3, 1, 28, 28).RawData!.Value);
        using var lean = WithOutputs.Load(TestModels.Runner, graph, values);
        using var whole = TestModels.Runner.Load(WithOutputs.Bytes(graph, values), new ModelSessionOptions { Threads = Environment.ProcessorCount });
        for (var run = 0; run < 3; run++)
        {
            // Whatever is moved or freed in between, the runtime goes on reading the weights.
            GC.Collect();
            var (a, b) = (lean.Run([input], values, CancellationToken.None), whole.Run([input], values, CancellationToken.None));
            a.Zip(b).Count(p => !p.First.Data.Span.SequenceEqual(p.Second.Data.Span)).ShouldBe(0);
        }
    }

    [Fact]
    public void A_model_put_together_for_a_run_over_samples_holds_no_weights()
    {
        var graph = new ModelGraph(OnnxModel.Read(TestModels.Bytes("resnet20-fashion")));
        var given = new RecordingRunner();
        Should.Throw<ModelRunException>(() => WithOutputs.Load(given, graph, []));
        given.Bytes.ShouldBeLessThan(300_000, "of 4,340,598");
        given.Options!.Lean.ShouldBeTrue();
        given.Options.Weights.Sum(w => (long)w.Data.Length).ShouldBeGreaterThan(4_000_000);
    }

    private sealed class RecordingRunner : IModelRunner
    {
        public int Bytes { get; private set; }

        public ModelSessionOptions? Options { get; private set; }

        public IModelSession Load(ReadOnlyMemory<byte> model, ModelSessionOptions options)
        {
            (Bytes, Options) = (model.Length, options);
            throw new ModelRunException("only looked at");
        }

        public IModelSession Load(string path, ModelSessionOptions options) => throw new NotSupportedException();
    }
}
