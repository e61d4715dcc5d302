using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Model -> the same with extremes of values within branches and loop bodies as further outputs, each a scalar. A branch reduces its
/// values; the other one gives what a minimum, maximum or sum begins with. A loop or scan carries them on from round to round, so
/// that it may have none. What lies in subgraphs of other operators does not come out.
/// </summary>
/// <param name="model">A copy, which is rewritten.</param>
/// <param name="wanted">Names of float values that no two graphs share.</param>
internal sealed class InnerProbe(OnnxModel model, IReadOnlySet<string> wanted)
{
    /// <summary>What is told of each value, in this order.</summary>
    public static IReadOnlyList<(string Reduction, string Joining, float Start, bool OfMagnitude)> Figures { get; } =
    [
        ("ReduceMin", "Min", float.PositiveInfinity, false),
        ("ReduceMax", "Max", float.NegativeInfinity, false),
        ("ReduceSum", "Add", 0, false),
        ("ReduceMin", "Min", float.PositiveInfinity, true),
    ];

    private readonly int _opset = (int)(model.OpsetOf("") ?? 0);
    private int _made;

    /// <summary>Rewrites the model and returns its new outputs; each value has as many as <see cref="Figures"/>, one after another.</summary>
    public IReadOnlyList<(string Value, string Output)> Apply()
    {
        var probes = Nested(model.Graph);
        model.Graph.Outputs.AddRange(probes.Select(p => Scalar(p.Name)));
        return [.. probes.Select(p => (p.Value, p.Name))];
    }

    /// <summary>Lets an inner graph compute the figures of its own values and of those within it.</summary>
    private List<Probe> Expose(OnnxGraph graph)
    {
        var own = graph.Nodes.SelectMany(n => n.Outputs).Concat(graph.Inputs.Select(i => i.Name ?? "")).Where(wanted.Contains).ToList();
        var probes = Nested(graph);
        foreach (var value in own)
        {
            foreach (var (figure, i) in Figures.Select((f, i) => (f, i)))
            {
                var from = figure.OfMagnitude ? Add(graph, "Abs", [value]) : value;
                probes.Add(new(value, i, Add(graph, figure.Reduction, [from], OnnxAttribute.Of("keepdims", 0))));
            }
        }

        return probes;
    }

    private List<Probe> Nested(OnnxGraph graph)
    {
        var probes = new List<Probe>();
        foreach (var node in graph.Nodes.ToList())
        {
            if (SubgraphPort.Of(node, _opset) is { } ports)
            {
                probes.AddRange(node.Is("If") ? OfBranches(graph, node) : OfRounds(graph, node, ports));
            }
        }

        return probes;
    }

    private List<Probe> OfBranches(OnnxGraph graph, OnnxNode node)
    {
        var branches = node.Subgraphs.ToList();
        var inner = branches.ConvertAll(Expose);
        var probes = new List<Probe>();
        foreach (var (probe, branch) in inner.SelectMany((list, b) => list.Select(p => (p, b))))
        {
            for (var b = 0; b < branches.Count; b++)
            {
                branches[b].Outputs.Add(Scalar(b == branch ? probe.Name : Start(branches[b], probe)));
            }

            probes.Add(probe with { Name = Fresh() });
            node.Outputs.Add(probes[^1].Name);
        }

        return probes;
    }

    /// <summary>Places of carried values follow those there are; what is scanned comes after them.</summary>
    private List<Probe> OfRounds(OnnxGraph graph, OnnxNode node, IReadOnlyList<SubgraphPort> ports)
    {
        var body = node.Subgraphs.Single();
        var ahead = node.Is("Loop") ? 2 : 0;
        var probes = new List<Probe>();
        var place = SubgraphPort.Carried(ports);
        foreach (var probe in Expose(body))
        {
            var before = Fresh();
            body.Inputs.Insert(place + ahead, Scalar(before));
            body.Outputs.Insert(place + (ahead / 2), Scalar(Add(body, Figures[probe.Figure].Joining, [before, probe.Name])));
            node.Inputs.Insert(place + ahead, Start(graph, probe));
            probes.Add(probe with { Name = Fresh() });
            node.Outputs.Insert(place++, probes[^1].Name);
        }

        return probes;
    }

    private string Start(OnnxGraph graph, Probe probe) =>
        Add(graph, "Constant", [], OnnxAttribute.Of("value", OnnxTensor.Of("", OnnxElementType.Float, [], [Figures[probe.Figure].Start])));

    /// <summary>Adds a node; a constant goes first, since anything may use it.</summary>
    private string Add(OnnxGraph graph, string type, List<string> inputs, params OnnxAttribute[] attributes)
    {
        var node = new OnnxNode { OpType = type, Inputs = inputs, Outputs = [Fresh()], Attributes = [.. attributes] };
        graph.Nodes.Insert(inputs.Count == 0 ? 0 : graph.Nodes.Count, node);
        return node.Outputs[0];
    }

    private string Fresh() => $"edgefleet.inner.{_made++}";

    private static OnnxValueInfo Scalar(string name) => OnnxValueInfo.Tensor(name, OnnxElementType.Float, []);

    private readonly record struct Probe(string Value, int Figure, string Name);
}
