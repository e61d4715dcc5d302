using System.Numerics.Tensors;
using System.Security.Cryptography;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Benchmarks.Quality;

/// <summary>Makes and measures variants of one model.</summary>
internal sealed class ZooMeter
{
    private const int Runs = 300;

    private readonly IModelRunner _runner;
    private readonly ZooModel _model;
    private readonly SampleFeed _calibration;
    private readonly SampleFeed _test;
    private readonly PreparedModel _prepared;
    private readonly HashSet<string> _made = [];

    public ZooMeter(IModelRunner runner, ZooModel model)
    {
        _runner = runner;
        _model = model;
        using var session = runner.Load(model.Bytes, new ModelSessionOptions());
        _calibration = SampleFeed.Create(session.Inputs, [model.Calibration], int.MaxValue);
        _test = SampleFeed.Create(session.Inputs, [model.Test], int.MaxValue);
        _prepared = new VariantBuilder(runner, null, CancellationToken.None).Prepare(model.Bytes);
        Layers = [.. OnnxModel.Read(_prepared.Model).Graph.Nodes.Where(n => n.OpType is "Conv" or "Gemm" or "MatMul").Select(n => n.Outputs[0])];
        SourceAccuracy = AccuracyOf(model.Bytes, CancellationToken.None);
        SourceLatencyMs = Latency(model.Bytes, CancellationToken.None).FirstMs;
    }

    public double SourceAccuracy { get; }

    public double SourceLatencyMs { get; }

    /// <summary>Layers with weights in the order of the graph, as recipes name them.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <returns>Null where the recipe is not for this model, or gives the same file as an earlier one.</returns>
    public OurRow? Measure(CompressionRecipe recipe, long fp32Bytes, CancellationToken cancellationToken)
    {
        byte[] variant;
        try
        {
            variant = new VariantBuilder(_runner, null, cancellationToken).Build(_prepared, recipe, _calibration).Model;
        }
        catch (Exception e) when (e is CompressionInputException or NotSupportedException)
        {
            return null;
        }

        var sha = Convert.ToHexStringLower(SHA256.HashData(variant));
        if (!_made.Add(sha))
        {
            return null;
        }

        var (ours, source) = Latency(variant, cancellationToken);
        return new OurRow(
            recipe.ToString(), sha, (double)variant.Length / fp32Bytes, AccuracyOf(variant, cancellationToken), ours / source);
    }

    private (double FirstMs, double SecondMs) Latency(byte[] variant, CancellationToken cancellationToken) =>
        new LatencyMeter(_runner, TimeProvider.System).Interleaved(variant, _model.Bytes, _calibration, Runs, cancellationToken);

    private double AccuracyOf(byte[] variant, CancellationToken cancellationToken)
    {
        using var session = _runner.Load(variant, new ModelSessionOptions { Threads = Environment.ProcessorCount });
        var right = 0;
        foreach (var (start, count) in _test.Batches())
        {
            var scores = session.Run(_test.Batch(start, count), [], cancellationToken)[0].Floats;
            var classes = scores.Length / count;
            for (var i = 0; i < count; i++)
            {
                right += TensorPrimitives.IndexOfMax(scores.Slice(i * classes, classes)) == _model.TestLabels[start + i] ? 1 : 0;
            }
        }

        return (double)right / _test.Count;
    }
}
