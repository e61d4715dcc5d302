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
    public static HashSet<string> Unfit(ModelGraph graph, ScopedFacts facts, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken) =>
        Unfit(
            graph,
            facts,
            feed,
            (names, nodes) => WithOutputs.Load(runner, graph, names, nodes, GraphOptimization.Basic), // a few runs: fusing takes longer than it saves
            inner => InnerExtremes.Collect(graph, inner, feed, MostSamples, runner, cancellationToken),
            cancellationToken);

    /// <summary>The same for a model that is never put together in memory; what is within its subgraphs is not looked at, and does not fit.</summary>
    /// <param name="graph">Left as it is.</param>
    /// <param name="facts">Of the graph.</param>
    /// <param name="feed">Samples, made up ones too.</param>
    /// <param name="load">Loads a model that shares its constants with the graph.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <inheritdoc cref="Unfit(ModelGraph, ScopedFacts, SampleFeed, IModelRunner, CancellationToken)"/>
    public static HashSet<string> Unfit(ModelGraph graph, ScopedFacts facts, SampleFeed feed, Func<OnnxModel, IModelSession> load, CancellationToken cancellationToken) =>
        Unfit(graph, facts, feed, (names, nodes) => load(WithOutputs.Model(graph, names, nodes)), _ => new Dictionary<string, InnerExtreme>(), cancellationToken);

    private static HashSet<string> Unfit(
        ModelGraph graph,
        ScopedFacts facts,
        SampleFeed feed,
        Func<IReadOnlyList<string>, IReadOnlyList<OnnxNode>, IModelSession> load,
        Func<IReadOnlyList<string>, IReadOnlyDictionary<string, InnerExtreme>> within,
        CancellationToken cancellationToken)
    {
        var inside = graph.Within().ToList();
        var delicate = inside.SelectMany(g => g.Nodes).Concat(graph.Nodes).SelectMany(Delicate).ToHashSet();
        var values = Values(graph, facts);
        var unfit = OfMain(graph, values, delicate, feed, load, cancellationToken);
        var inner = inside.SelectMany(g => Values(g, facts)).ToList();
        var reached = within(inner);
        unfit.UnionWith(inner.Where(v => !reached.TryGetValue(v, out var e)
            || Math.Max(e.Range.Max, -e.Range.Min) > MostMagnitude || (e.LeastMagnitude < LeastNormal && delicate.Contains(v))));
        return unfit;
    }

    /// <summary>Of what only moves elements, the value that it moves is looked at.</summary>
    private static HashSet<string> OfMain(
        ModelGraph graph,
        List<string> values,
        HashSet<string> delicate,
        SampleFeed feed,
        Func<IReadOnlyList<string>, IReadOnlyList<OnnxNode>, IModelSession> load,
        CancellationToken cancellationToken)
    {
        var moved = values.GroupBy(v => Source(graph, v)).ToList();
        var nodes = new List<OnnxNode>();
        var names = new List<string>();
        for (var i = 0; i < moved.Count; i++)
        {
            nodes.Add(Reduce("ReduceMax", moved[i].Key, Named("max", i)));
            nodes.Add(Reduce("ReduceMin", moved[i].Key, Named("min", i)));
            if (moved[i].Any(delicate.Contains))
            {
                nodes.Add(new() { OpType = "Abs", Inputs = [moved[i].Key], Outputs = [$"edgefleet.half.{i}"] });
                nodes.Add(Reduce("ReduceMin", $"edgefleet.half.{i}", Named("least", i)));
            }
        }

        var unfit = new HashSet<string>();
        if (moved.Count == 0)
        {
            return unfit;
        }

        try
        {
            using var session = load(names, nodes);
            foreach (var (start, count) in feed.Batches(RunSize.Of(graph, feed)).TakeWhile(b => b.Start < MostSamples))
            {
                var extremes = session.Run(feed.Batch(start, count), names, cancellationToken).ToDictionary(t => t.Name, t => t.Floats[0]);
                for (var i = 0; i < moved.Count; i++)
                {
                    var most = Math.Max(extremes[$"edgefleet.half.max.{i}"], -extremes[$"edgefleet.half.min.{i}"]);
                    var least = extremes.GetValueOrDefault($"edgefleet.half.least.{i}", float.PositiveInfinity);
                    unfit.UnionWith(moved[i].Where(v => !(most <= MostMagnitude) || (least < LeastNormal && delicate.Contains(v))));
                }
            }
        }
        catch (ModelRunException)
        {
            unfit.UnionWith(values);
        }

        return unfit;

        string Named(string figure, int value)
        {
            names.Add($"edgefleet.half.{figure}.{value}");
            return names[^1];
        }
    }

    private static string Source(ModelGraph graph, string value)
    {
        while (graph.Producer(value) is { } node && node.Is("Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity") && graph.Constant(node.Inputs[0]) is null)
        {
            value = node.Inputs[0];
        }

        return value;
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
