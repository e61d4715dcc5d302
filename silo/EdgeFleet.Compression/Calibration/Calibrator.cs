using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Chooses the ranges of activations from what they are on the samples.</summary>
internal static class Calibrator
{
    /// <param name="graph">Float; left as it is.</param>
    /// <param name="values">Float values of the graph, each once.</param>
    /// <param name="feed">The samples.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="settings">Method and budget.</param>
    /// <param name="cancellationToken">Ends it between runs.</param>
    /// <exception cref="CalibrationDataException">A value became NaN or infinite on the samples; names it.</exception>
    public static CalibrationFacts Run(
        ModelGraph graph, IReadOnlyList<string> values, SampleFeed feed, IModelRunner runner, CalibrationSettings settings, CancellationToken cancellationToken)
    {
        if (values.Count == 0)
        {
            return new(settings.Method, feed.Count, []);
        }

        if (settings is { Method: CalibrationMethod.MinMax, Histograms: false })
        {
            var ranges = RangeCollector.Collect(graph, values, feed, runner, cancellationToken, settings);
            return new(settings.Method, feed.Count, [.. values.Select(v => Facts(v, ranges[v], ranges[v], []))]);
        }

        var histograms = new HistogramCollector(graph, feed, runner, settings).Collect(values, cancellationToken);
        var facts = new ValueCalibration[values.Count];
        Parallel.For(0, facts.Length, i =>
        {
            var distribution = histograms[i].ToDistribution();
            facts[i] = Facts(values[i], distribution.Range, Choose(distribution, settings), Shares(distribution));
        });
        return new(settings.Method, feed.Count, facts);
    }

    /// <summary>The range that a method chooses. It lies within [min, max]; without extent or values it is that.</summary>
    public static ValueRange Choose(ValueDistribution distribution, CalibrationSettings settings) => distribution.Max <= distribution.Min
        ? distribution.Range
        : settings.Method switch
        {
            CalibrationMethod.MinMax => distribution.Range,
            CalibrationMethod.Percentile => PercentileRange.Choose(distribution, settings.Percentile),
            CalibrationMethod.Entropy => EntropyRange.Choose(distribution, settings.Levels),
            CalibrationMethod.Mse => MseRange.Choose(distribution, settings.Levels),
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Method, "Not a calibration method."),
        };

    private static double[] Shares(ValueDistribution distribution)
    {
        if (distribution.IsEmpty)
        {
            return [];
        }

        var (min, max) = (distribution.Min, distribution.Max);
        var counts = distribution.Linear(min, max > min ? max : min + 1, ValueCalibration.HistogramBins);
        var sum = counts.Sum();
        return Array.ConvertAll(counts, c => sum > 0 ? c / sum : 0);
    }

    private static ValueCalibration Facts(string value, ValueRange seen, ValueRange chosen, double[] histogram) =>
        new(value, seen.Min, seen.Max, chosen.Min, chosen.Max, histogram);
}
