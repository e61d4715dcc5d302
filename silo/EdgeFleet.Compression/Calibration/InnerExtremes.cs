using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>What a value within a branch or loop body was on the samples.</summary>
/// <param name="Range">Smallest and largest element.</param>
/// <param name="LeastMagnitude">Smallest distance from 0.</param>
internal readonly record struct InnerExtreme(ValueRange Range, float LeastMagnitude);

/// <summary>Runs a float model over the samples and notes the extremes of values within its subgraphs, over all rounds of a loop.</summary>
internal static class InnerExtremes
{
    /// <param name="graph">Left as it is.</param>
    /// <param name="values">Float values of graphs within it, under names that no two graphs share; others are passed over.</param>
    /// <param name="feed">Samples, made up ones too.</param>
    /// <param name="mostSamples">Samples to run at most, from the first.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>
    /// Values that were computed on some sample and always finite. What no sample reached is not among them; nothing is where the
    /// runtime cannot reduce a value, such as one without elements.
    /// </returns>
    public static Dictionary<string, InnerExtreme> Collect(
        ModelGraph graph, IEnumerable<string> values, SampleFeed feed, int mostSamples, IModelRunner runner, CancellationToken cancellationToken)
    {
        var wanted = values.ToHashSet();
        if (wanted.Count == 0)
        {
            return [];
        }

        var model = OnnxModel.Read(graph.Model.ToArray());
        var outputs = new InnerProbe(model, wanted).Apply();
        var names = outputs.Select(o => o.Output).ToList();
        var figures = new float[names.Count];
        for (var i = 0; i < figures.Length; i++)
        {
            figures[i] = InnerProbe.Figures[i % InnerProbe.Figures.Count].Start;
        }

        try
        {
            if (names.Count > 0)
            {
                Run(model, names, figures, feed, mostSamples, runner, cancellationToken);
            }
        }
        catch (ModelRunException)
        {
            return [];
        }

        var extremes = new Dictionary<string, InnerExtreme>();
        for (var i = 0; i < figures.Length; i += InnerProbe.Figures.Count)
        {
            var (min, max, sum, least) = (figures[i], figures[i + 1], figures[i + 2], figures[i + 3]);
            if (min <= max && float.IsFinite(min) && float.IsFinite(max) && float.IsFinite(sum))
            {
                extremes[outputs[i].Value] = new(new(min, max), least);
            }
        }

        return extremes;
    }

    private static void Run(
        OnnxModel model, List<string> names, float[] figures, SampleFeed feed, int mostSamples, IModelRunner runner, CancellationToken cancellationToken)
    {
        using var session = runner.Load(model.ToArray(), new ModelSessionOptions { Threads = Environment.ProcessorCount });
        foreach (var (start, count) in feed.Batches().TakeWhile(b => b.Start < mostSamples))
        {
            var given = session.Run(feed.Batch(start, count), names, cancellationToken);
            for (var i = 0; i < figures.Length; i++)
            {
                var figure = given[i].Floats[0];
                figures[i] = InnerProbe.Figures[i % InnerProbe.Figures.Count].Joining switch
                {
                    "Min" => MathF.Min(figures[i], figure),
                    "Max" => MathF.Max(figures[i], figure),
                    _ => figures[i] + figure,
                };
            }
        }
    }
}
