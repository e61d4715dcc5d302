using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Graph;

/// <summary>Facts of a main graph and of all graphs within it, asked of the runtime once, before the passes that use them.</summary>
internal sealed class ScopedFacts
{
    private readonly IModelRunner _runner;
    private readonly Dictionary<OnnxGraph, ValueFacts> _facts = [];

    /// <exception cref="InvalidModelException">The runtime does not load the model.</exception>
    public ScopedFacts(ModelGraph main, IModelRunner runner)
    {
        _runner = runner;
        _facts[main.Graph] = Main = ValueFacts.Of(main, runner);
        AskWithin(main, Main);
    }

    /// <summary>The main graph's.</summary>
    public ValueFacts Main { get; }

    /// <summary>Of the main graph or one within it; of one that was not there at the time, none.</summary>
    public ValueFacts Of(ModelGraph graph) => Of(graph.Graph);

    /// <inheritdoc cref="Of(ModelGraph)"/>
    public ValueFacts Of(OnnxGraph graph) => _facts.GetValueOrDefault(graph, ValueFacts.None);

    private void AskWithin(ModelGraph graph, ValueFacts around)
    {
        foreach (var node in graph.Nodes)
        {
            foreach (var subgraph in node.Subgraphs)
            {
                var inner = graph.Enter(node, subgraph);
                AskWithin(inner, _facts[subgraph] = ValueFacts.OfInner(inner, around, _runner));
            }
        }
    }
}
