using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// If(then { a = .. }, else { a = .. }) -> If(then { a = .. }, else { a_1 = .. }): every value and constant of the model gets a name
/// that no other has, whatever graph it is in, so that ranges and lists of layers can go by names. The first in order keeps its own.
/// Conditions: none.
/// </summary>
internal sealed class DistinctNames : IGraphPass
{
    public string Name => "distinct-names";

    public int Apply(ModelGraph graph)
    {
        var changes = Within(graph, graph.Graph, OuterValues.Definitions(graph.Graph));
        if (changes > 0)
        {
            graph.Reindex();
        }

        return changes;
    }

    private static int Within(ModelGraph main, OnnxGraph graph, HashSet<string> seen)
    {
        var changes = 0;
        foreach (var inner in graph.Nodes.SelectMany(n => n.Subgraphs))
        {
            foreach (var name in Definitions(inner).Where(n => !seen.Add(n)))
            {
                var fresh = main.Fresh(name);
                seen.Add(fresh);
                Rename(inner, name, fresh);
                changes++;
            }

            changes += Within(main, inner, seen);
        }

        return changes;
    }

    /// <summary>Each once, in order: a set would not keep it.</summary>
    private static List<string> Definitions(OnnxGraph graph) =>
    [
        .. graph.Inputs.Select(i => i.Name ?? "")
            .Concat(graph.Initializers.Select(i => i.Name ?? ""))
            .Concat(graph.Nodes.SelectMany(n => n.Outputs))
            .Where(n => n.Length > 0).Distinct(),
    ];

    private static void Rename(OnnxGraph graph, string from, string to)
    {
        foreach (var value in graph.Inputs.Concat(graph.Outputs).Concat(graph.ValueInfos).Where(v => v.Name == from))
        {
            value.Name = to;
        }

        foreach (var tensor in graph.Initializers.Where(t => t.Name == from))
        {
            tensor.Name = to;
        }

        foreach (var node in graph.Nodes)
        {
            Replace(node.Inputs, from, to);
            Replace(node.Outputs, from, to);
            OuterValues.Rename(node, from, to);
        }
    }

    private static void Replace(List<string> names, string from, string to)
    {
        for (var i = 0; i < names.Count; i++)
        {
            names[i] = names[i] == from ? to : names[i];
        }
    }
}
