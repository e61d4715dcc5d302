using EdgeFleet.Compression.Graph;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Applies a pass to the main graph and to every graph within it, from the outermost in: branches of If, bodies of Loop and Scan.
/// Constants of an outer graph that only inner ones used go when these no longer do.
/// </summary>
/// <param name="main">The pass for the main graph.</param>
/// <param name="create">Makes the pass for one graph within.</param>
internal sealed class InEveryGraph(IGraphPass main, Func<ModelGraph, IGraphPass> create) : IGraphPass
{
    private readonly List<string> _notes = [];

    public string Name => main.Name;

    public bool Reveals => main.Reveals;

    public IReadOnlyList<string> Notes => _notes;

    public int Apply(ModelGraph graph) => Apply(graph, main);

    private int Apply(ModelGraph graph, IGraphPass pass)
    {
        var changes = pass.Apply(graph);
        _notes.AddRange(pass.Notes);
        var within = 0;
        foreach (var node in graph.Nodes)
        {
            foreach (var subgraph in node.Subgraphs.ToList())
            {
                var inner = graph.Enter(node, subgraph);
                within += Apply(inner, create(inner));
                inner.Leave();
            }
        }

        if (within > 0)
        {
            graph.RemoveUnusedConstants();
        }

        return changes + within;
    }
}
