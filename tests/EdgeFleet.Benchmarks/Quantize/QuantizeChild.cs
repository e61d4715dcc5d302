using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Benchmarks.Quantize;

/// <summary>What a cold process does when it quantizes one model, and nothing else: read, calibrate, quantize, write.</summary>
internal static class QuantizeChild
{
    /// <summary>The first argument that makes the program this.</summary>
    public const string Verb = "quantize-child";

    /// <param name="arguments">Model, kind, output, and samples where the kind needs them.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var runner = new OrtModelRunner();
        var bytes = File.ReadAllBytes(arguments[0]);
        if (!CompressionKinds.TryParse(arguments[1], out var kind))
        {
            return 2;
        }

        SampleFeed feed;
        using (var session = runner.Load(bytes, new ModelSessionOptions { Optimization = GraphOptimization.Disabled }))
        {
            IReadOnlyList<SampleSet> samples = arguments.Count > 3 ? [SampleFile.ReadSamples(File.ReadAllBytes(arguments[3]), arguments[3], new SampleScaling())] : [];
            feed = SampleFeed.Create(session.Inputs, samples, int.MaxValue);
        }

        var builder = new VariantBuilder(runner, null, CancellationToken.None);
        File.WriteAllBytes(arguments[2], builder.Build(builder.Prepare(bytes), new CompressionRecipe(kind), feed).Model);
        return 0;
    }
}
