using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>What static quantization will do, before anything is changed.</summary>
internal sealed class QuantizationPlan
{
    /// <summary>Conv, Gemm and MatMul whose weights become int8.</summary>
    public List<WeightedUnit> Weighted { get; } = [];

    /// <summary>All nodes that will run on integers: the weighted ones and those between them.</summary>
    public HashSet<OnnxNode> Nodes { get; } = [];

    /// <summary>Relu and Clip that the range of the value before them replaces.</summary>
    public List<OnnxNode> Absorbed { get; } = [];

    /// <summary>Values that get QuantizeLinear and DequantizeLinear, in graph order.</summary>
    public List<string> Values { get; } = [];

    /// <summary>Values that must have the parameters of another, since their operator only moves elements.</summary>
    public Dictionary<string, string> SameAs { get; } = [];

    /// <summary>The value whose parameters hold for this one.</summary>
    public string Representative(string value)
    {
        while (SameAs.TryGetValue(value, out var other))
        {
            value = other;
        }

        return value;
    }
}

/// <summary>A node with constant weights.</summary>
/// <param name="Node">Conv, Gemm or MatMul.</param>
/// <param name="Axis">The weights' axis of output channels.</param>
/// <param name="HasBias">Whether input 2 is a constant bias.</param>
internal sealed record WeightedUnit(OnnxNode Node, int Axis, bool HasBias);
