using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Runs a float model over the samples and counts chosen values in histograms. Activations live for one run only. Where a run of one
/// sample gives more than the budget allows, the samples are run several times, each time for as many values as fit.
/// </summary>
internal sealed class HistogramCollector(ModelGraph graph, SampleFeed feed, IModelRunner runner, CalibrationSettings settings)
{
    /// <summary>Usual bytes of a histogram: some 50 powers of two.</summary>
    private const long HistogramBytes = 100 << 10;

    /// <summary>An activation exists twice: in the runtime and as handed over.</summary>
    private const long BytesPerElement = 2 * sizeof(float);

    /// <exception cref="CalibrationDataException">A value became NaN or infinite on the samples; names it.</exception>
    public ValueHistogram[] Collect(IReadOnlyList<string> values, CancellationToken cancellationToken)
    {
        var histograms = values.Select(_ => new ValueHistogram()).ToArray();
        var sizes = ActivationSizes.Of(graph, values, feed, runner, cancellationToken);
        var budget = Math.Max(0, settings.BudgetBytes - (values.Count * HistogramBytes)) / BytesPerElement;
        var groups = Groups(sizes, budget);
        var batch = groups.Count > 1 ? feed.LeastBatch : (int)Math.Clamp(budget / Math.Max(1, sizes.Sum()) * feed.LeastBatch, feed.LeastBatch, feed.BatchSize);
        for (var g = 0; g < groups.Count; g++)
        {
            Collect([.. groups[g].Select(i => values[i])], [.. groups[g].Select(i => histograms[i])], batch, (double)g / groups.Count, 1d / groups.Count, cancellationToken);
        }

        return histograms;
    }

    /// <summary>Neighbouring values that fit into the budget together; each group has at least one.</summary>
    internal static IReadOnlyList<IReadOnlyList<int>> Groups(IReadOnlyList<long> sizes, long budget)
    {
        var groups = new List<List<int>>();
        var left = 0L;
        for (var i = 0; i < sizes.Count; i++)
        {
            if (groups.Count == 0 || sizes[i] > left)
            {
                groups.Add([]);
                left = budget;
            }

            groups[^1].Add(i);
            left -= sizes[i];
        }

        return groups;
    }

    private void Collect(string[] values, ValueHistogram[] histograms, int batch, double done, double share, CancellationToken cancellationToken)
    {
        using var session = WithOutputs.Load(runner, graph, values);
        foreach (var (start, count) in feed.Batches(batch))
        {
            var activations = session.Run(feed.Batch(start, count), values, cancellationToken);
            var finite = new bool[values.Length];
            Parallel.For(0, values.Length, i => finite[i] = histograms[i].Add(activations[i].Floats));
            if (Array.IndexOf(finite, false) is var bad and >= 0)
            {
                throw RangeCollector.NotFinite(graph, values[bad], activations[bad].Floats, start, count);
            }

            settings.Progress?.Invoke(done + (share * (start + count) / feed.Count));
        }
    }
}
