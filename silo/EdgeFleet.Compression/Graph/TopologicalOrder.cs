using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Orders nodes so that each follows what it uses. Linear in nodes and edges; an ordered list stays as it is.</summary>
internal static class TopologicalOrder
{
    /// <exception cref="InvalidModelException">The nodes form a cycle; names one of them.</exception>
    public static List<OnnxNode> Of(IReadOnlyList<OnnxNode> nodes)
    {
        var producers = new Dictionary<string, int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var output in nodes[i].Outputs.Where(o => o.Length > 0))
            {
                producers[output] = i;
            }
        }

        var ordered = new List<OnnxNode>(nodes.Count);
        var state = new byte[nodes.Count];
        var path = new Stack<(int Node, IEnumerator<int> Uses)>();
        for (var start = 0; start < nodes.Count; start++)
        {
            if (state[start] == 0)
            {
                Visit(start);
            }
        }

        return ordered;

        void Visit(int start)
        {
            Enter(start);
            while (path.TryPeek(out var top))
            {
                if (!top.Uses.MoveNext())
                {
                    path.Pop();
                    state[top.Node] = 2;
                    ordered.Add(nodes[top.Node]);
                }
                else if (state[top.Uses.Current] == 1)
                {
                    throw new InvalidModelException($"The graph has a cycle through {nodes[top.Uses.Current].Label}.", nodes[top.Uses.Current].Label);
                }
                else if (state[top.Uses.Current] == 0)
                {
                    Enter(top.Uses.Current);
                }
            }
        }

        void Enter(int node)
        {
            state[node] = 1;
            path.Push((node, Uses(nodes[node]).GetEnumerator()));
        }

        IEnumerable<int> Uses(OnnxNode node)
        {
            foreach (var name in node.Inputs.Concat(node.Attributes.Count == 0 ? [] : OuterValues.Of(node)))
            {
                if (producers.TryGetValue(name, out var producer))
                {
                    yield return producer;
                }
            }
        }
    }
}
