using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>A float model's outputs on some samples, kept to compare many variants with.</summary>
internal sealed class OutputReference
{
    private const long MostBytes = 64 << 20;

    private readonly IModelRunner _runner;
    private readonly SampleFeed _feed;
    private readonly List<(int Start, int Count, IReadOnlyList<ModelTensor> Outputs)> _runs = [];

    /// <param name="runner">The runtime.</param>
    /// <param name="model">The float model.</param>
    /// <param name="feed">Samples.</param>
    /// <param name="samples">Most samples, from the first; fewer where their outputs would take more than 64 MB.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    public OutputReference(IModelRunner runner, ReadOnlyMemory<byte> model, SampleFeed feed, int samples, CancellationToken cancellationToken)
    {
        (_runner, _feed) = (runner, feed);
        using var session = runner.Load(model, new ModelSessionOptions { Threads = Environment.ProcessorCount });
        var bytes = 0L;
        foreach (var (start, count) in SampleRuns.First(feed, samples).TakeWhile(_ => bytes < MostBytes))
        {
            var outputs = session.Run(feed.Batch(start, count), [], cancellationToken);
            bytes += outputs.Sum(o => (long)o.Data.Length);
            _runs.Add((start, count, outputs));
        }
    }

    /// <summary>Samples compared.</summary>
    public int Samples => _runs.Sum(r => r.Count);

    /// <summary>
    /// Signal over noise of a variant's outputs in decibels: of all its float outputs, each weighed alike; 200 where there are none,
    /// or nothing differs.
    /// </summary>
    public double SqnrDb(ReadOnlyMemory<byte> variant, CancellationToken cancellationToken)
    {
        using var session = _runner.Load(variant, new ModelSessionOptions { Threads = Environment.ProcessorCount });
        var sums = new ErrorSum[_runs[0].Outputs.Count];
        var floats = new bool[sums.Length];
        foreach (var (start, count, expected) in _runs)
        {
            var given = session.Run(_feed.Batch(start, count), [], cancellationToken);
            for (var i = 0; i < sums.Length; i++)
            {
                if (SampleRuns.TryFloats(expected[i], out var reference) && SampleRuns.TryFloats(given[i], out var values))
                {
                    sums[i].Add(reference, values);
                    floats[i] = true;
                }
            }
        }

        var ratios = sums.Where((_, i) => floats[i]).Select(s => s.NoiseToSignal).ToList();
        return ratios.Count == 0 ? ErrorSum.MostDb : Math.Clamp(-10 * Math.Log10(ratios.Average()), -ErrorSum.MostDb, ErrorSum.MostDb);
    }
}
