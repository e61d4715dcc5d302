using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Conv | AveragePool | MaxPool (Pad(x)) -> the same operator on x with pads' = pads + those of Pad.
/// Conditions: Pad adds constant zeros, none are cut, and only to spatial axes; the operator pads by numbers (auto_pad NOTSET or VALID).
/// AveragePool: counts its padding, or has none of its own and then counts it from now on; sizes are not rounded up; each side's
/// pads stay smaller than the kernel, which runtimes ask for. MaxPool pads with minus infinity: only where x is never negative
/// (the value of Relu, Sigmoid or a Clip from 0 up), without dilation and rounding up, pads smaller than the kernel, so that each
/// window has an element of x.
/// A Pad of its own is not fused when quantized, and costs a copy of the activations always.
/// </summary>
internal sealed class FoldPads : IGraphPass
{
    public string Name => "fold-pads";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("Conv", "AveragePool", "MaxPool")))
        {
            if (graph.Producer(node.Inputs[0]) is { } pad && Match(graph, pad, node) is { } pads)
            {
                Fold(graph, pad, node, pads);
                changes++;
            }
        }

        return changes;
    }

    private static long[]? Match(ModelGraph graph, OnnxNode pad, OnnxNode node)
    {
        if (!pad.Is("Pad") || node.Text("auto_pad", "NOTSET") is not ("NOTSET" or "VALID") || Zeros(graph, pad) is not { } added)
        {
            return null;
        }

        var own = node.Ints("pads") is { Count: > 0 } given ? [.. given] : new long[added.Length];
        if (own.Length != added.Length)
        {
            return null;
        }

        var sum = own.Zip(added, (a, b) => a + b).ToArray();
        return node.Is("Conv") || IsSafePooling(graph, pad, node, own, sum) ? sum : null;
    }

    private static bool IsSafePooling(ModelGraph graph, OnnxNode pad, OnnxNode node, long[] own, long[] sum)
    {
        var kernel = node.Ints("kernel_shape");
        if (kernel is null || 2 * kernel.Count != sum.Length || node.Int("ceil_mode", 0) != 0 || node.Ints("dilations")?.Exists(d => d != 1) == true
            || !Enumerable.Range(0, sum.Length).All(i => sum[i] < kernel[i % kernel.Count]))
        {
            return false;
        }

        return node.Is("MaxPool")
            ? node.Outputs.Count == 1 && IsNeverNegative(graph, pad.Inputs[0])
            : node.Int("count_include_pad", 0) != 0 || Array.TrueForAll(own, p => p == 0);
    }

    private static bool IsNeverNegative(ModelGraph graph, string value) =>
        graph.Producer(value) is { } producer && (producer.Is("Relu", "Sigmoid", "Softmax") || (ClampRange.Of(graph, producer) is { } range && range.Low >= 0));

    /// <summary>Zeros that a Pad adds to spatial axes, begins first; null where it does anything else.</summary>
    private static long[]? Zeros(ModelGraph graph, OnnxNode pad)
    {
        if (pad.Text("mode", "constant") != "constant" || pad.InputOrEmpty(3).Length > 0 || pad.Float("value", 0) != 0
            || (pad.InputOrEmpty(2) is { Length: > 0 } value && (!graph.TryFloats(value, out var constant) || constant.Count != 1 || TensorContent.Floats(constant)[0] != 0)))
        {
            return null;
        }

        var pads = pad.Ints("pads")?.ToArray()
            ?? (graph.TryConstant(pad.InputOrEmpty(1), out var tensor) && tensor.ElementType == OnnxElementType.Int64 ? TensorContent.Integers(tensor) : null);
        if (pads is null || pads.Length % 2 != 0 || pads.Length < 6 || Array.Exists(pads, p => p < 0))
        {
            return null;
        }

        var rank = pads.Length / 2;
        return pads[0] == 0 && pads[1] == 0 && pads[rank] == 0 && pads[rank + 1] == 0 ? [.. pads[2..rank], .. pads[(rank + 2)..]] : null;
    }

    private static void Fold(ModelGraph graph, OnnxNode pad, OnnxNode node, long[] pads)
    {
        var padded = pad.Outputs[0];
        graph.SetInput(node, 0, pad.Inputs[0]);
        node.RemoveAttribute("auto_pad");
        node.RemoveAttribute("pads");
        node.Attributes.Add(OnnxAttribute.Of("pads", pads));
        if (node.Is("AveragePool"))
        {
            node.RemoveAttribute("count_include_pad");
            node.Attributes.Add(OnnxAttribute.Of("count_include_pad", 1));
        }

        if (graph.IsUnused(padded))
        {
            graph.Remove(pad);
        }
    }
}
