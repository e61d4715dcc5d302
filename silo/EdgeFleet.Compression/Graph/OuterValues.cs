using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Values of an outer graph that subgraphs use without naming them as inputs.</summary>
internal static class OuterValues
{
    /// <summary>Outer values used by the subgraphs of a node, each once, in order of first use.</summary>
    public static IReadOnlyCollection<string> Of(OnnxNode node)
    {
        var found = new List<string>();
        var seen = new HashSet<string>();
        foreach (var graph in node.Subgraphs)
        {
            Collect(graph, [], found, seen);
        }

        return found;
    }

    /// <summary>Renames an outer value wherever the subgraphs of a node use it.</summary>
    public static void Rename(OnnxNode node, string from, string to)
    {
        foreach (var graph in node.Subgraphs)
        {
            if (Definitions(graph).Contains(from))
            {
                continue;
            }

            foreach (var inner in graph.Nodes)
            {
                for (var i = 0; i < inner.Inputs.Count; i++)
                {
                    inner.Inputs[i] = inner.Inputs[i] == from ? to : inner.Inputs[i];
                }

                Rename(inner, from, to);
            }

            foreach (var output in graph.Outputs.Where(o => o.Name == from))
            {
                output.Name = to;
            }
        }
    }

    /// <summary>Names defined by a graph itself.</summary>
    public static HashSet<string> Definitions(OnnxGraph graph)
    {
        var names = new HashSet<string>(graph.Nodes.SelectMany(n => n.Outputs));
        names.UnionWith(graph.Inputs.Select(i => i.Name ?? ""));
        names.UnionWith(graph.Initializers.Select(i => i.Name ?? ""));
        names.Remove("");
        return names;
    }

    private static void Collect(OnnxGraph graph, IReadOnlyList<HashSet<string>> scopes, List<string> found, HashSet<string> seen)
    {
        var inner = scopes.Append(Definitions(graph)).ToList();
        foreach (var name in graph.Nodes.SelectMany(n => n.Inputs).Concat(graph.Outputs.Select(o => o.Name ?? "")))
        {
            if (name.Length > 0 && !inner.Exists(s => s.Contains(name)) && seen.Add(name))
            {
                found.Add(name);
            }
        }

        foreach (var subgraph in graph.Nodes.SelectMany(n => n.Subgraphs))
        {
            Collect(subgraph, inner, found, seen);
        }
    }
}
