using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// y = Identity(x), y = Dropout(x) in inference -> x.
/// Conditions: Dropout's mask is unused and its training mode is absent or constantly false; where y is a graph output, x comes
/// from a node and is no graph output itself, so that the node can produce y.
/// </summary>
internal sealed class RemoveIdentities : IGraphPass
{
    public string Name => "remove-identities";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            if (IsRemovable(graph, node))
            {
                Remove(graph, node);
                changes++;
            }
        }

        return changes;
    }

    private static bool IsRemovable(ModelGraph graph, OnnxNode node)
    {
        if (!(node.Is("Identity") || (node.Is("Dropout") && IsInference(graph, node))) || node.Inputs[0].Length == 0)
        {
            return false;
        }

        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        return !graph.IsOutput(y) || (graph.Producer(x) is not null && !graph.IsOutput(x));
    }

    private static bool IsInference(ModelGraph graph, OnnxNode node)
    {
        if (node.Outputs.Count > 1 && node.Outputs[1].Length > 0 && !graph.IsUnused(node.Outputs[1]))
        {
            return false;
        }

        var training = node.InputOrEmpty(2);
        return training.Length == 0 || (graph.TryConstant(training, out var flag) && TensorContent.Bytes(flag).Span is [0]);
    }

    private static void Remove(ModelGraph graph, OnnxNode node)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        graph.Remove(node);
        if (!graph.IsOutput(y))
        {
            graph.ReplaceUses(y, x);
            return;
        }

        var producer = graph.Producer(x)!;
        graph.SetOutput(producer, producer.Outputs.IndexOf(x), y);
        graph.ReplaceUses(x, y);
    }
}
