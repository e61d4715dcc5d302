using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Model in ai.onnx opset 7 to 12 -> the same in opset 13, the first with scales per channel.
/// Attributes that became inputs move (Clip, Pad, Slice, TopK, Squeeze, Unsqueeze, ReduceSum, Split), Scatter becomes
/// ScatterElements; the rest means the same. Conditions: no operator whose meaning changed (Softmax family off the last axis,
/// Upsample, Resize, Scan), and no subgraph that holds one of those that move.
/// </summary>
/// <param name="facts">Ranks, for Softmax.</param>
internal sealed class LiftOpset(ValueFacts facts) : IGraphPass
{
    public const int Target = 13;

    private static readonly string[] s_moving = ["Clip", "Pad", "Slice", "TopK", "Squeeze", "Unsqueeze", "ReduceSum", "Split", "Scatter"];
    private static readonly string[] s_changed = ["Upsample", "Resize", "Scan", "Dropout"];
    private static readonly string[] s_softmax = ["Softmax", "LogSoftmax", "Hardmax"];

    public string Name => "lift-opset";

    /// <exception cref="InvalidModelException">An operator's meaning changed; names it and what to do.</exception>
    public int Apply(ModelGraph graph)
    {
        var from = graph.Opset;
        if (from >= Target)
        {
            return 0;
        }

        foreach (var node in graph.Nodes)
        {
            Require(node);
        }

        foreach (var node in graph.Nodes.Where(n => OnnxOpset.Normalize(n.Domain).Length == 0))
        {
            Lift(graph, node, from);
        }

        graph.Model.SetOpset("", Target);
        graph.Model.IrVersion = Math.Max(graph.Model.IrVersion ?? 0, 7);
        return 1;
    }

    private void Require(OnnxNode node)
    {
        var within = node.Subgraphs.SelectMany(TensorWalk.Graphs).SelectMany(g => g.Nodes);
        var changed = node.Is(s_changed) || (node.Is(s_softmax) && !IsLastAxis(node)) ? node
            : within.FirstOrDefault(n => n.Is(s_changed) || n.Is(s_moving) || n.Is(s_softmax));
        if (changed is not null)
        {
            throw new InvalidModelException(
                $"{changed.Label} cannot be lifted to opset {Target}, which int8 with scales per channel needs. Export the model with opset {Target} or later.",
                changed.Label);
        }
    }

    private bool IsLastAxis(OnnxNode node) =>
        node.Int("axis", 1) is var axis && (axis == -1 || (facts.RankOf(node.Inputs[0]) is { } rank && axis == rank - 1));

    private static void Lift(ModelGraph graph, OnnxNode node, int from)
    {
        if (node.Is("BatchNormalization"))
        {
            node.RemoveAttribute("spatial");
        }
        else if (node.Is(s_softmax))
        {
            node.RemoveAttribute("axis");
            node.Attributes.Add(OnnxAttribute.Of("axis", -1));
        }
        else if (node.Is("Scatter"))
        {
            node.OpType = "ScatterElements";
        }
        else if (node.Is("Clip") && from < 11)
        {
            MoveFloat(graph, node, "min", 1);
            MoveFloat(graph, node, "max", 2);
        }
        else if (node.Is("Pad") && from < 11)
        {
            MoveInts(graph, node, "pads", 1);
            MoveFloat(graph, node, "value", 2);
        }
        else if (node.Is("Slice") && from < 10)
        {
            MoveInts(graph, node, "starts", 1);
            MoveInts(graph, node, "ends", 2);
            MoveInts(graph, node, "axes", 3);
        }
        else if (node.Is("TopK") && from < 10)
        {
            var k = node.Int("k", 1);
            node.RemoveAttribute("k");
            graph.SetInput(node, 1, graph.AddConstant($"{node.Outputs[0]}_k", OnnxElementType.Int64, [1], [k]));
        }
        else if (node.Is("Squeeze", "Unsqueeze", "ReduceSum"))
        {
            MoveInts(graph, node, "axes", 1);
        }
        else if (node.Is("Split"))
        {
            MoveInts(graph, node, "split", 1);
        }
    }

    private static void MoveInts(ModelGraph graph, OnnxNode node, string attribute, int input)
    {
        if (node.Ints(attribute) is { Count: > 0 } values)
        {
            node.RemoveAttribute(attribute);
            graph.SetInput(node, input, graph.AddConstant<long>($"{node.Outputs[0]}_{attribute}", OnnxElementType.Int64, [values.Count], values.ToArray()));
        }
    }

    private static void MoveFloat(ModelGraph graph, OnnxNode node, string attribute, int input)
    {
        if (node.Attribute(attribute)?.F is { } value)
        {
            node.RemoveAttribute(attribute);
            graph.SetInput(node, input, graph.AddConstant($"{node.Outputs[0]}_{attribute}", OnnxElementType.Float, [], [value]));
        }
    }
}
