using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Finds the values of a float model that float16 cannot hold, from a run over some samples: those that come within half of its
/// largest number, and divisors and arguments of a logarithm so close to 0 that it would make them 0. (Spectra before a logarithm
/// are both; kept in float16 they are where NaN comes from.) The runtime reduces each value, so that a few numbers come out of each.
/// Of values within subgraphs, those that no sample reached are not known to fit, so they do not.
/// </summary>
internal static class HalfRanges
{
    /// <summary>Half of 65504, rounded down: other samples may reach further.</summary>
    private const float MostMagnitude = 30_000;

    /// <summary>Float16 loses precision below.</summary>
    private const float LeastNormal = 6.1035156e-5f;

    /// <summary>Samples looked at; the factor of two above is for all others.</summary>
    private const int MostSamples = 64;

    /// <param name="graph">Left as it is; names of values are distinct (see <see cref="Passes.DistinctNames"/>).</param>
    /// <param name="facts">Of the graph and those within it.</param>
    /// <param name="feed">Samples, made up ones too.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>Names; all of them where the runtime cannot reduce a value, such as one without elements.</returns>
    public static HashSet<string> Unfit(ModelGraph graph, ScopedFacts facts, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var within = graph.Within().ToList();
        var delicate = within.SelectMany(g => g.Nodes).Concat(graph.Nodes).SelectMany(Delicate).ToHashSet();
        var values = Values(graph, facts);
        var nodes = new List<OnnxNode>();
        for (var i = 0; i < values.Count; i++)
        {
            nodes.Add(new() { OpType = "Abs", Inputs = [values[i]], Outputs = [$"edgefleet.half.{i}"] });
            nodes.Add(Reduce("ReduceMax", $"edgefleet.half.{i}", $"edgefleet.half.max.{i}"));
            nodes.Add(Reduce("ReduceMin", $"edgefleet.half.{i}", $"edgefleet.half.min.{i}"));
        }

        var names = Enumerable.Range(0, values.Count).SelectMany(i => new[] { $"edgefleet.half.max.{i}", $"edgefleet.half.min.{i}" }).ToList();
        var unfit = new HashSet<string>();
        try
        {
            using var session = runner.Load(WithOutputs.Bytes(graph, names, nodes), new ModelSessionOptions { Threads = Environment.ProcessorCount });
            foreach (var (start, count) in feed.Batches().TakeWhile(b => b.Start < MostSamples))
            {
                var extremes = values.Count == 0 ? [] : session.Run(feed.Batch(start, count), names, cancellationToken);
                for (var i = 0; i < values.Count; i++)
                {
                    var (most, least) = (extremes[2 * i].Floats[0], extremes[(2 * i) + 1].Floats[0]);
                    if (!(most <= MostMagnitude) || (least < LeastNormal && delicate.Contains(values[i])))
                    {
                        unfit.Add(values[i]);
                    }
                }
            }
        }
        catch (ModelRunException)
        {
            unfit.UnionWith(values);
        }

        var inner = within.SelectMany(g => Values(g, facts)).ToList();
        var reached = InnerExtremes.Collect(graph, inner, feed, MostSamples, runner, cancellationToken);
        unfit.UnionWith(inner.Where(v => !reached.TryGetValue(v, out var e)
            || Math.Max(e.Range.Max, -e.Range.Min) > MostMagnitude || (e.LeastMagnitude < LeastNormal && delicate.Contains(v))));
        return unfit;
    }

    /// <summary>Float values that a graph takes or computes itself, or for the main graph uses.</summary>
    private static List<string> Values(ModelGraph graph, ScopedFacts facts) =>
    [
        .. graph.Nodes.SelectMany(n => n.Inputs.Concat(n.Outputs)).Concat(graph.Graph.Inputs.Select(i => i.Name ?? ""))
            .Where(v => facts.Of(graph).IsFloat(v) && graph.Constant(v) is null && !graph.IsFromOutside(v)).Distinct(),
    ];

    /// <summary>Inputs of which something like zero makes infinity.</summary>
    private static IEnumerable<string> Delicate(OnnxNode node) =>
        node.Is("Log", "Reciprocal", "Pow") ? [node.Inputs[0]] : node.Is("Div") ? [node.Inputs[1]] : [];

    private static OnnxNode Reduce(string type, string value, string output) =>
        new() { OpType = type, Inputs = [value], Outputs = [output], Attributes = [OnnxAttribute.Of("keepdims", 0)] };
}
