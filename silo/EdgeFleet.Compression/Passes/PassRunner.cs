using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Passes;

/// <summary>Applies passes one after another and verifies the graph after each that changed something.</summary>
internal sealed class PassRunner(ModelGraph graph, Action<string>? starting, CancellationToken cancellationToken)
{
    private readonly List<PassReport> _reports = [];

    public IReadOnlyList<PassReport> Reports => _reports;

    /// <summary>Applies a pass to the main graph and to every graph within it.</summary>
    /// <param name="create">Makes the pass for one graph.</param>
    /// <exception cref="InvalidOperationException">As <see cref="Run"/>.</exception>
    public PassRunner RunInEveryGraph(Func<ModelGraph, IGraphPass> create) => Run(new InEveryGraph(create(graph), create));

    /// <exception cref="InvalidModelException">The pass brought to light what is wrong with the model.</exception>
    /// <exception cref="InvalidOperationException">The pass broke the graph: a defect of the pass, not of the model.</exception>
    public PassRunner Run(IGraphPass pass)
    {
        cancellationToken.ThrowIfCancellationRequested();
        starting?.Invoke(pass.Name);
        var before = graph.NodeCount;
        var changes = pass.Apply(graph);
        if (changes > 0)
        {
            graph.Commit();
            foreach (var problem in GraphVerifier.Problems(graph.Model, content: false))
            {
                throw pass.Reveals && problem.Kind is ("type" or "shape" or "attribute" or "opset" or "arity")
                    ? new InvalidModelException($"{problem.Message} (Found after pass {pass.Name}.)", problem.Subject)
                    : new InvalidOperationException($"Pass {pass.Name} broke the graph, rule '{problem.Kind}': {problem.Message}");
            }
        }

        _reports.Add(new PassReport(pass.Name, changes, before, graph.NodeCount) { Notes = pass.Notes });
        return this;
    }
}
