using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// ReduceMean(x) over all spatial axes -> GlobalAveragePool(x), and Flatten after it where the axes are not kept.
/// Conditions: x is float of known rank, 4 or more (with rank 3 it is as likely the mean of a layer normalization, which runtimes
/// look for); the axes are constant and exactly those from 2 on.
/// The pool is fused when quantized and works on blocked layouts; ReduceMean does neither.
/// </summary>
/// <param name="facts">Types and ranks.</param>
internal sealed class RecognizeGlobalPooling(ValueFacts facts) : IGraphPass
{
    public string Name => "recognize-global-pooling";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("ReduceMean") && IsGlobal(graph, n)))
        {
            var (x, y, keeps) = (node.Inputs[0], node.Outputs[0], node.Int("keepdims", 1) != 0);
            graph.Remove(node);
            var pooled = keeps ? y : graph.Fresh($"{y}_pooled");
            graph.Add(new OnnxNode { OpType = "GlobalAveragePool", Name = node.Name, Inputs = [x], Outputs = [pooled] });
            if (!keeps)
            {
                graph.Add(new OnnxNode { OpType = "Flatten", Name = $"{pooled}/flatten", Inputs = [pooled], Outputs = [y] });
            }

            changes++;
        }

        return changes;
    }

    private bool IsGlobal(ModelGraph graph, OnnxNode node)
    {
        if (facts.RankOf(node.Inputs[0]) is not (>= 4 and var rank) || !facts.IsFloat(node.Inputs[0]))
        {
            return false;
        }

        var axes = node.Ints("axes")
            ?? (graph.TryConstant(node.InputOrEmpty(1), out var constant) && constant.ElementType == OnnxElementType.Int64 ? [.. TensorContent.Integers(constant)] : null);
        return axes?.Select(a => a < 0 ? a + rank : a).Order().SequenceEqual(Enumerable.Range(2, rank - 2).Select(a => (long)a)) == true;
    }
}
