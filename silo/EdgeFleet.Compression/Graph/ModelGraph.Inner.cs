using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Graphs within a graph: branches and loop bodies, edited in place like the main graph.</summary>
internal sealed partial class ModelGraph
{
    private IReadOnlyCollection<string> _capturedBefore = [];

    private ModelGraph(ModelGraph outer, OnnxNode owner, OnnxGraph graph)
    {
        Outer = outer;
        Owner = owner;
        Model = new OnnxModel { IrVersion = outer.Model.IrVersion, Graph = graph };
        Model.Opsets.AddRange(outer.Model.Opsets);
        _capturedBefore = OuterValues.Of(owner);
        Spool = outer.Spool;
        Reindex();
    }

    /// <summary>The graph around this one; null for the main graph.</summary>
    public ModelGraph? Outer { get; }

    /// <summary>The node that this graph is part of; null for the main graph.</summary>
    public OnnxNode? Owner { get; }

    /// <summary>
    /// A graph within one of this graph's nodes. Values and constants of the graphs around it are visible, fresh names are fresh in
    /// the whole model, and domains that it imports are imported by the model. Until <see cref="Leave"/>, only it is edited.
    /// </summary>
    public ModelGraph Enter(OnnxNode owner, OnnxGraph graph) => new(this, owner, graph);

    /// <summary>All graphs within this one, outer ones first, to look at: they are not to be edited.</summary>
    public IEnumerable<ModelGraph> Within() =>
        Nodes.SelectMany(n => n.Subgraphs.Select(s => Enter(n, s))).SelectMany(g => g.Within().Prepend(g));

    /// <summary>Ends the edits of an inner graph, for the graphs around it to know.</summary>
    public void Leave()
    {
        if (Outer is null || Owner is null)
        {
            throw new InvalidOperationException("The main graph has nothing around it.");
        }

        Commit();
        foreach (var opset in Model.Opsets)
        {
            if (Outer.Model.OpsetOf(opset.Domain ?? "") is null)
            {
                Outer.Model.SetOpset(opset.Domain ?? "", opset.Version ?? 1);
            }
        }

        foreach (var value in _capturedBefore)
        {
            Drop(Outer._captures, value, Owner);
        }

        _capturedBefore = OuterValues.Of(Owner);
        foreach (var value in _capturedBefore)
        {
            Note(Outer._captures, value, Owner);
        }
    }

    /// <summary>True where a graph around this one defines the value.</summary>
    public bool IsFromOutside(string value) =>
        Outer is not null && !_producers.ContainsKey(value) && !_initializers.ContainsKey(value) && !_inputs.Contains(value);
}
