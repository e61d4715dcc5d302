using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// A plan of static quantization for the main graph and for each graph within it. Each graph quantizes what it takes from around it
/// by itself, with the parameters that it has there.
/// </summary>
internal sealed class ScopedPlans
{
    private readonly Dictionary<OnnxGraph, QuantizationPlan> _within = [];
    private readonly Dictionary<OnnxGraph, string> _witnesses = [];

    private ScopedPlans(QuantizationPlan main) => Main = main;

    public QuantizationPlan Main { get; }

    /// <summary>True where anything within subgraphs is to be quantized.</summary>
    public bool ReachWithin => _within.Values.Any(p => p.Nodes.Count > 0);

    /// <summary>Values that need a range, each once. Of a graph within that needs none of its own, one that tells whether samples reach it.</summary>
    public List<string> Values =>
        [.. _within.Values.Prepend(Main).SelectMany(p => p.Values.Select(p.Representative)).Concat(_witnesses.Values).Distinct()];

    /// <summary>True where some plan stores the value in 16 bits.</summary>
    public bool IsWide(string value) => Main.IsWide(value) || _within.Values.Any(p => p.IsWide(value));

    /// <param name="graph">The float model, of distinct names; left as it is.</param>
    /// <param name="facts">Its types.</param>
    /// <param name="keepFloat">Outputs of layers that stay float.</param>
    /// <param name="wide">Outputs of layers whose activations take 16 bits.</param>
    public static ScopedPlans Of(ModelGraph graph, ScopedFacts facts, IReadOnlyCollection<string> keepFloat, IReadOnlyCollection<string> wide)
    {
        var plans = new ScopedPlans(QuantizationPlanner.Plan(graph, facts.Main, keepFloat));
        plans.Main.Widen(wide);
        foreach (var inner in graph.Within())
        {
            var plan = QuantizationPlanner.Plan(inner, facts.Of(inner), keepFloat);
            foreach (var value in plan.Values.Where(inner.IsFromOutside))
            {
                if (plans.Around(inner, value) is { } around && around.Representative(value) is var other && other != value)
                {
                    plan.SameAs[value] = other;
                }
            }

            plan.Widen(wide);
            plans._within[inner.Graph] = plan;
            if (plan.Weighted.Count > 0 && plan.Values.TrueForAll(inner.IsFromOutside))
            {
                plans._witnesses[inner.Graph] = plan.Weighted[0].Node.Outputs[0];
            }
        }

        return plans;
    }

    /// <summary>Of a graph within; null where it stays float.</summary>
    public QuantizationPlan? Of(ModelGraph inner) => _within.GetValueOrDefault(inner.Graph);

    /// <summary>Lets graphs stay float of whose values some have no range: those that no sample reached.</summary>
    public void KeepUnknownFloat(IReadOnlyDictionary<string, ValueRange> ranges)
    {
        foreach (var (graph, plan) in _within)
        {
            if (plan.Values.Exists(v => !ranges.ContainsKey(plan.Representative(v)))
                || (_witnesses.TryGetValue(graph, out var witness) && !ranges.ContainsKey(witness)))
            {
                _within.Remove(graph);
            }
        }
    }

    /// <summary>The plan of a graph around this one in which the value is quantized.</summary>
    private QuantizationPlan? Around(ModelGraph inner, string value)
    {
        for (var graph = inner.Outer; graph is not null; graph = graph.Outer)
        {
            if ((graph.Outer is null ? Main : Of(graph)) is { } plan && plan.Values.Contains(value))
            {
                return plan;
            }
        }

        return null;
    }
}
