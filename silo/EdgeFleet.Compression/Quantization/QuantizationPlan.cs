using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>What static quantization will do, before anything is changed.</summary>
internal sealed class QuantizationPlan
{
    private readonly HashSet<string> _wide = [];
    private readonly HashSet<string> _givenWide = [];

    /// <summary>Conv, Gemm and MatMul whose weights become int8.</summary>
    public List<WeightedUnit> Weighted { get; } = [];

    /// <summary>All nodes that will run on integers: the weighted ones and those between them.</summary>
    public HashSet<OnnxNode> Nodes { get; } = [];

    /// <summary>Relu and Clip that the range of the value before them replaces.</summary>
    public List<OnnxNode> Absorbed { get; } = [];

    /// <summary>Values that get QuantizeLinear and DequantizeLinear, in graph order.</summary>
    public List<string> Values { get; } = [];

    /// <summary>What each of the nodes gives after what was absorbed, where that is quantized.</summary>
    public Dictionary<OnnxNode, string> Results { get; } = [];

    /// <summary>Nodes that read and give 16 bits.</summary>
    public HashSet<OnnxNode> WideNodes { get; } = [];

    /// <summary>Values that must have the parameters of another, since their operator only moves elements.</summary>
    public Dictionary<string, string> SameAs { get; } = [];

    /// <summary>True for a value that is stored in 16 bits.</summary>
    public bool IsWide(string value) => _wide.Contains(Representative(value));

    /// <summary>
    /// Lets what some layers read and give take 16 bits. Nodes beside them then compute in 16 bits as well, since an integer operator
    /// has one type of activations; what these exchange with others stays in 8, and is converted.
    /// </summary>
    /// <param name="layers">Outputs of weighted nodes; others are passed over.</param>
    public void Widen(IReadOnlyCollection<string> layers)
    {
        foreach (var node in Weighted.Select(u => u.Node).Where(n => layers.Contains(n.Outputs[0])))
        {
            WideNodes.Add(node);
            _wide.Add(Representative(node.Inputs[0]));
            if (Results.TryGetValue(node, out var result))
            {
                _wide.Add(Representative(result));
            }
        }

        WideNodes.UnionWith(Nodes.Where(n => n.Inputs.Exists(IsWide) || (Results.TryGetValue(n, out var result) && IsWide(result))));
        _givenWide.UnionWith(WideNodes.Select(n => Results.GetValueOrDefault(n, "")));
    }

    /// <summary>True for the result of a node that computes in 16 bits.</summary>
    public bool IsGivenWide(string value) => _givenWide.Contains(value);

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
