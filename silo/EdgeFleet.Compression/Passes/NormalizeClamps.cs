using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Min(Max(x, a), b), Max(Min(x, b), a), Clip(Clip(x)), Clip(Relu(x)), Relu(Clip(x)), Max(x, 0), Clip(x, 0) .. -> one Clip with constant bounds,
/// or one Relu where only 0 from below is left.
/// clamp(clamp(x, a, b), c, d) = clamp(x, clamp(a, c, d), clamp(b, c, d)).
/// Conditions: bounds are constant float scalars, in order, that do not add dimensions; values in between have no other use; the
/// result still leaves a range open.
/// What comes out is the form that is fused with the layer before, in float and when quantized; Min and Max are fused in neither.
/// Opset: 6 to 10 have the bounds as attributes, 11 and later as inputs.
/// </summary>
/// <param name="facts">Ranks, for bounds of shape [1].</param>
internal sealed class NormalizeClamps(ValueFacts facts) : IGraphPass
{
    public string Name => "normalize-clamps";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            if (Match(graph, node) is var (range, inner))
            {
                Replace(graph, node, range, inner);
                changes++;
            }
        }

        return changes;
    }

    private (ClampRange Range, OnnxNode? Inner)? Match(ModelGraph graph, OnnxNode node)
    {
        if (ClampRange.Of(graph, node) is not { } range || !KeepsRank(graph, node))
        {
            return null;
        }

        if (graph.HasSingleUse(range.Value) && graph.Producer(range.Value) is { } producer
            && ClampRange.Of(graph, producer) is { } inner && KeepsRank(graph, producer) && range.After(inner) is var both && both.Low < both.High)
        {
            return (both, producer);
        }

        return (node.Is("Min", "Max") && (float.IsFinite(range.Low) || float.IsFinite(range.High)))
            || (node.Is("Clip") && range.Low == 0 && float.IsPositiveInfinity(range.High))
            ? (range, null)
            : null;
    }

    /// <summary>A scalar of shape [1] makes a value without dimensions one of rank 1.</summary>
    private bool KeepsRank(ModelGraph graph, OnnxNode node) =>
        !node.Is("Min", "Max") || node.Inputs.TrueForAll(i => graph.Constant(i) is not { Dimensions.Count: > 0 } constant || facts.RankOf(node.Inputs.First(o => o != i)) >= constant.Dimensions.Count);

    private static void Replace(ModelGraph graph, OnnxNode node, ClampRange range, OnnxNode? inner)
    {
        graph.Remove(node);
        if (inner is not null)
        {
            graph.Remove(inner);
        }

        var made = new OnnxNode { OpType = "Clip", Name = node.Name, Inputs = [range.Value], Outputs = [.. node.Outputs] };
        graph.Add(made);
        if (range.Low == 0 && float.IsPositiveInfinity(range.High))
        {
            made.OpType = "Relu";
        }
        else
        {
            Bound(graph, made, range.Low, "min", 1);
            Bound(graph, made, range.High, "max", 2);
        }
    }

    private static void Bound(ModelGraph graph, OnnxNode clip, float bound, string name, int input)
    {
        if (float.IsInfinity(bound))
        {
            return;
        }

        if (graph.Opset < 11)
        {
            clip.Attributes.Add(OnnxAttribute.Of(name, bound));
        }
        else
        {
            graph.SetInput(clip, input, graph.AddConstant($"{clip.Outputs[0]}_{name}", OnnxElementType.Float, [], [bound]));
        }
    }
}
