using EdgeFleet.Compression.Graph;

namespace EdgeFleet.Compression.Passes;

/// <summary>Node none of whose outputs is used -> nothing; constant that nothing uses -> nothing.</summary>
internal sealed class RemoveUnused : IGraphPass
{
    public string Name => "remove-unused";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Reverse())
        {
            if (node.Outputs.TrueForAll(o => o.Length == 0 || graph.IsUnused(o)))
            {
                graph.Remove(node);
                changes++;
            }
        }

        return changes + graph.RemoveUnusedConstants();
    }
}
