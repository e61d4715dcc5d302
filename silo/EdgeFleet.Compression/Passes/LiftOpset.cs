using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes.Opset;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Model in ai.onnx opset 7 or later -> the same in a later opset, subgraphs included; by default 13, the first with scales per
/// channel. One step per version and operator whose form or meaning changed: see <see cref="OpsetSteps"/>.
/// Conditions: each step's own, checked for the whole model before the first change. A model beyond the target stays as it is.
/// </summary>
/// <param name="facts">Types and ranks, where a step's form depends on them.</param>
/// <param name="target">8 to 23.</param>
internal sealed class LiftOpset(ValueFacts facts, int target = LiftOpset.Target) : IGraphPass
{
    public const int Target = 13;

    public string Name => "lift-opset";

    public bool Reveals => true;

    /// <exception cref="InvalidModelException">An operator's meaning changed; names it and what to do.</exception>
    public int Apply(ModelGraph graph)
    {
        var from = graph.Opset;
        if (from >= target)
        {
            return 0;
        }

        graph.Commit();
        var versions = OpsetSteps.Versions.Where(v => v > from && v <= target).ToList();
        Require(graph.Graph, new LiftScope(graph.Graph, null, facts, graph.Fresh), versions);
        foreach (var version in versions)
        {
            Lift(graph.Graph, new LiftScope(graph.Graph, null, facts, graph.Fresh), version);
        }

        graph.Model.SetOpset("", target);
        graph.Model.IrVersion = Math.Max(graph.Model.IrVersion ?? 0, IrVersionOf(target));
        graph.Reindex();
        return 1;
    }

    /// <summary>The IR version that the ONNX release with that opset has.</summary>
    private static int IrVersionOf(int opset) => opset switch
    {
        <= 14 => 7,
        <= 18 => 8,
        <= 20 => 9,
        <= 22 => 10,
        _ => 11,
    };

    private void Require(OnnxGraph graph, LiftScope scope, List<int> versions)
    {
        foreach (var node in graph.Nodes)
        {
            foreach (var obstacle in versions.Select(v => OpsetSteps.Of(node, v)?.Obstacle(node, scope)).Where(o => o is not null))
            {
                throw new InvalidModelException(
                    $"{node.Label} cannot be lifted to opset {target}, which this form needs, because {obstacle}. Export the model with opset {target} or later.",
                    node.Label);
            }

            foreach (var subgraph in node.Subgraphs)
            {
                Require(subgraph, scope.Inner(subgraph), versions);
            }
        }
    }

    private static void Lift(OnnxGraph graph, LiftScope scope, int version)
    {
        foreach (var node in graph.Nodes)
        {
            foreach (var subgraph in node.Subgraphs)
            {
                Lift(subgraph, scope.Inner(subgraph), version);
            }

            if (OpsetSteps.Of(node, version) is { } step)
            {
                step.Lift(node, scope);
            }
            else
            {
                scope.Emit(node);
            }
        }

        scope.Replace();
    }
}
