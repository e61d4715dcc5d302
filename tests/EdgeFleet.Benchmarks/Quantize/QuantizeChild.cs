using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
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
        if (!CompressionKinds.TryParse(arguments[1], out var kind))
        {
            return 2;
        }

        if (CompressionKinds.NeedsCalibration(kind) || kind == CompressionKind.Fp16)
        {
            OrtModelRunner.StartEarly();
        }

        using var mapped = new MappedFiles();
        var model = OnnxModel.Read(mapped.Open(arguments[0], 0, (int)new FileInfo(arguments[0]).Length));
        IReadOnlyList<SampleSet> samples = arguments.Count > 3 ? [SampleFile.ReadSamples(File.ReadAllBytes(arguments[3]), arguments[3], new SampleScaling())] : [];
        var feed = SampleFeed.Create(ModelInputs.Of(model), samples, int.MaxValue);
        var builder = new VariantBuilder(new OrtModelRunner(), null, CancellationToken.None);
        File.WriteAllBytes(arguments[2], builder.PrepareAndBuild(model, new CompressionRecipe(kind), feed).Model);
        return 0;
    }
}
