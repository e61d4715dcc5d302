using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// Conv | ConvTranspose | Gemm (DequantizeLinear(q), W) -> the same with Max(DequantizeLinear(q)), a plain copy, in between.
/// Condition: W is a float constant, so the layer was meant to stay float. Without it ONNX Runtime 1.30 (WeightBiasQuantization)
/// quantizes W itself while loading, with one scale for all channels: the very loss for which the layer was kept.
/// Max of one tensor is that tensor in every opset, and no optimizer of the runtime removes it.
/// </summary>
internal sealed class GuardFloatLayers : IGraphPass
{
    public string Name => "guard-float-layers";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes.Where(n => n.Is("Conv", "ConvTranspose", "Gemm")))
        {
            if (graph.TryFloats(node.Inputs[1], out _) && graph.Producer(node.Inputs[0])?.OpType == "DequantizeLinear")
            {
                var copy = graph.Fresh($"{node.Outputs[0]}/float_input");
                graph.Add(new OnnxNode { OpType = "Max", Name = copy, Inputs = [node.Inputs[0]], Outputs = [copy] });
                graph.SetInput(node, 0, copy);
                changes++;
            }
        }

        return changes;
    }
}
