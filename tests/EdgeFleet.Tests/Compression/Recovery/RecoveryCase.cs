using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Recovery;

/// <summary>A model prepared, with its samples, and variants of it before anything is measured.</summary>
internal sealed class RecoveryCase
{
    private readonly VariantBuilder _builder = new(TestModels.Runner, null, CancellationToken.None);

    public RecoveryCase(string name, int samples = 64)
        : this(TestModels.Bytes(name), [TestModels.Samples(name)], samples)
    {
    }

    public RecoveryCase(OnnxModel model, int samples = 64)
        : this(model.ToArray(), [], samples)
    {
    }

    private RecoveryCase(byte[] model, IReadOnlyList<SampleSet> samples, int most)
    {
        Prepared = _builder.Prepare(model);
        using var session = TestModels.Runner.Load(Prepared.Model, new ModelSessionOptions());
        Feed = SampleFeed.Create(session.Inputs, samples, most);
    }

    public PreparedModel Prepared { get; }

    public SampleFeed Feed { get; }

    public BuiltVariant Build(CompressionKind kind) => Build(new CompressionRecipe(kind) { ShortNames = false });

    public BuiltVariant Build(CompressionRecipe recipe) => _builder.Build(Prepared, recipe, Feed);
}
