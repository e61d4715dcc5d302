using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>
/// Makes the golden set of a variant: a few samples, one at a time, with its outputs under the reference settings (one thread,
/// everything optimised, 8-bit sums exact also where the processor would saturate).
/// Tolerance per output = 4 * d + 1e-4 * m + 1e-5, with m the largest magnitude of the golden outputs and d the largest difference
/// that other settings make to the outputs of up to 64 samples: nothing optimised (int8 then runs as float), two threads, and
/// samples in one batch. So it covers what other processors' kernels do to rounding, and nothing more: a saturating kernel fails.
/// </summary>
internal sealed class GoldenMaker(IModelRunner runner)
{
    private const int SpreadSamples = 64;
    private static readonly Dictionary<string, string> s_exact = new() { ["session.x64quantprecision"] = "1" };

    public GoldenMeasurement Make(byte[] variant, SampleFeed feed, int cases, CancellationToken cancellationToken)
    {
        var reference = new ModelSessionOptions { ConfigEntries = s_exact };
        var single = feed.IsFreeBatch ? 1 : feed.BatchSize;
        var starts = Enumerable.Range(0, Math.Min(SpreadSamples, feed.Count) / single).Select(i => i * single).ToList();
        var runs = new List<GoldenRun>(starts.Count);
        using (var session = runner.Load(variant, reference))
        {
            foreach (var start in starts)
            {
                var inputs = feed.Batch(start, single);
                runs.Add(new GoldenRun(inputs, session.Run(inputs, [], cancellationToken)));
            }
        }

        var spread = new Dictionary<string, double>();
        Spread(variant, reference with { Optimization = GraphOptimization.Disabled }, runs, spread, cancellationToken);
        Spread(variant, reference with { Threads = 2 }, runs, spread, cancellationToken);
        if (feed.BatchSize > single)
        {
            SpreadOfBatch(variant, reference, feed, runs, spread, cancellationToken);
        }

        var golden = runs.Take(cases).ToList();
        var tolerance = golden[0].Outputs.Where(IsFloat).ToDictionary(
            output => output.Name,
            output => (4 * spread.GetValueOrDefault(output.Name)) + (1e-4 * Largest(golden, output.Name)) + 1e-5);
        return new GoldenMeasurement([.. golden.Select(g => new GoldenRun(g.Inputs, [.. g.Outputs.Where(IsFloat)]))], tolerance);
    }

    private void Spread(byte[] variant, ModelSessionOptions options, List<GoldenRun> runs, Dictionary<string, double> spread, CancellationToken cancellationToken)
    {
        using var session = runner.Load(variant, options);
        foreach (var run in runs)
        {
            Widen(spread, run.Outputs, session.Run(run.Inputs, [], cancellationToken));
        }
    }

    private void SpreadOfBatch(
        byte[] variant, ModelSessionOptions options, SampleFeed feed, List<GoldenRun> runs, Dictionary<string, double> spread, CancellationToken cancellationToken)
    {
        using var session = runner.Load(variant, options);
        var count = Math.Min(runs.Count, feed.BatchSize);
        foreach (var output in session.Run(feed.Batch(0, count), [], cancellationToken).Where(IsFloat))
        {
            var length = output.Floats.Length / count;
            for (var i = 0; i < count; i++)
            {
                var alone = runs[i].Outputs.First(o => o.Name == output.Name);
                Widen(spread, output.Name, alone.Floats, output.Floats.Slice(i * length, length));
            }
        }
    }

    private static void Widen(Dictionary<string, double> spread, IReadOnlyList<ModelTensor> expected, IReadOnlyList<ModelTensor> given)
    {
        foreach (var (a, b) in expected.Zip(given).Where(p => IsFloat(p.First)))
        {
            Widen(spread, a.Name, a.Floats, b.Floats);
        }
    }

    private static void Widen(Dictionary<string, double> spread, string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> given)
    {
        var widest = spread.GetValueOrDefault(name);
        for (var i = 0; i < Math.Min(expected.Length, given.Length); i++)
        {
            var difference = Math.Abs((double)expected[i] - given[i]);
            widest = difference > widest ? difference : widest;
        }

        spread[name] = widest;
    }

    private static double Largest(List<GoldenRun> runs, string name)
    {
        var largest = 0d;
        foreach (var run in runs)
        {
            foreach (var value in run.Outputs.First(o => o.Name == name).Floats)
            {
                largest = float.IsFinite(value) ? Math.Max(largest, Math.Abs(value)) : largest;
            }
        }

        return largest;
    }

    private static bool IsFloat(ModelTensor tensor) => tensor.ElementType == OnnxElementType.Float;
}
