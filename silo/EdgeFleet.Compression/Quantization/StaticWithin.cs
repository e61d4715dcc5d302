using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// If(then { y = Conv(x, W) }) -> If(then { y = DQ(Q(Conv(DQ(Q(x)), DQ(Wq)))) }), bodies of Loop and Scan likewise, from the innermost
/// out: see <see cref="StaticQuantization"/>. What crosses the border of a subgraph stays float.
/// Conditions: opset 13 or later, a plan for the graph within, and ranges for it. Before the graphs around are quantized.
/// </summary>
internal sealed class StaticWithin(ScopedPlans plans, IReadOnlyDictionary<string, ValueRange> ranges, QuantizationScheme scheme) : IGraphPass
{
    public string Name => "quantize-static-within";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            foreach (var subgraph in node.Subgraphs.ToList())
            {
                var inner = graph.Enter(node, subgraph);
                changes += Apply(inner);
                changes += plans.Of(inner) is { Nodes.Count: > 0 } plan ? new StaticQuantization(plan, ranges, scheme).Apply(inner) : 0;
                inner.Leave();
            }
        }

        if (changes > 0)
        {
            graph.RemoveUnusedConstants();
        }

        return changes;
    }
}
