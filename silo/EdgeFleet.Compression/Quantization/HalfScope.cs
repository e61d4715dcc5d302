using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// One graph on its way to float16, and what of the graphs around it is float16 by then. What a loop's body takes from around it is
/// cast where it is defined, once; what a branch takes is cast within, since another may be taken.
/// </summary>
/// <param name="graph">The main graph, or one within it, entered.</param>
/// <param name="around">Of the graph around it; null for the main graph.</param>
/// <param name="facts">Types before the conversion.</param>
/// <param name="unfit">Values that must stay float32.</param>
internal sealed partial class HalfScope(ModelGraph graph, HalfScope? around, ScopedFacts facts, IReadOnlySet<string> unfit)
{
    private static readonly HashSet<string> s_blocked =
    [
        "NonMaxSuppression", "TopK", "RoiAlign", "MaxRoiPool", "Resize", "Upsample", "Range", "CumSum", "Min", "Max", "RandomNormal",
        "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "EyeLike", "SequenceMap",
        "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearConv", "QLinearMatMul",
        "HannWindow", "HammingWindow", "BlackmanWindow", "MelWeightMatrix", "DFT", "STFT", "GridSample", "TfIdfVectorizer", "ConstantOfShape",
    ];

    private readonly Dictionary<string, string> _halfOf = [];
    private readonly Dictionary<string, string> _floatOf = [];
    private readonly ValueFacts _own = facts.Of(graph);

    /// <summary>Converts the graph's nodes.</summary>
    /// <returns>How many were looked at, those within subgraphs too.</returns>
    public int Convert()
    {
        var nodes = graph.Nodes;
        var within = 0;
        foreach (var node in nodes)
        {
            if (SubgraphPort.Of(node, graph.Opset) is { } ports)
            {
                within += ConvertWithin(node, ports);
                continue;
            }

            var half = !IsBlocked(node);
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                SetPrecision(node, i, half);
            }

            if (half)
            {
                Convert(node);
            }
            else
            {
                foreach (var outer in OuterValues.Of(node).Where(IsHalf))
                {
                    graph.ReplaceUses(outer, Float(outer), n => n == node);
                }
            }
        }

        graph.Graph.ValueInfos.Clear();
        graph.RemoveUnusedConstants();
        return nodes.Count + within;
    }

    private bool IsBlocked(OnnxNode node) =>
        OnnxOpset.Normalize(node.Domain).Length > 0 || s_blocked.Contains(node.OpType) || node.Subgraphs.Any()
        || node.Inputs.Concat(node.Outputs).Any(v => v.Length > 0 && (unfit.Contains(v) || TypeOf(v) == OnnxElementType.Undefined));

    private OnnxElementType TypeOf(string value) => graph.IsFromOutside(value) ? around!.TypeOf(value) : _own.TypeOf(value);

    private bool IsFloat(string value) => value.Length > 0 && TypeOf(value) == OnnxElementType.Float;

    /// <summary>True where the name stands for a float16 value that was float32 before.</summary>
    private bool IsHalf(string value) => graph.IsFromOutside(value) ? around!.IsHalf(value) : _halfOf.GetValueOrDefault(value) == value;

    private void SetPrecision(OnnxNode node, int input, bool half)
    {
        if (IsFloat(node.Inputs[input]))
        {
            graph.SetInput(node, input, half ? Half(node.Inputs[input]) : Float(node.Inputs[input]));
        }
    }

    /// <summary>Lets a node compute in float16: what it produced as float32 is float16 from here on.</summary>
    private void Convert(OnnxNode node)
    {
        if (node.Is("Cast") && node.Int("to", 0) == (long)OnnxElementType.Float)
        {
            node.RemoveAttribute("to");
            node.Attributes.Add(OnnxAttribute.Of("to", (long)OnnxElementType.Float16));
        }
        else if (node.Is("Constant") && node.Attribute("value")?.T is { ElementType: OnnxElementType.Float } constant)
        {
            node.RemoveAttribute("value");
            node.Attributes.Add(OnnxAttribute.Of("value", HalfPrecision.ToHalf(constant, constant.Name ?? "")));
        }

        for (var i = 0; i < node.Outputs.Count; i++)
        {
            if (IsFloat(node.Outputs[i]))
            {
                Give(node, i);
            }
        }
    }

    /// <summary>Notes that a node gives an output in float16; the main graph's outputs keep their type.</summary>
    private void Give(OnnxNode node, int output)
    {
        var value = node.Outputs[output];
        if (around is not null || !graph.IsOutput(value))
        {
            _halfOf[value] = value;
            return;
        }

        var half = graph.Fresh($"{value}/half");
        graph.SetOutput(node, output, half);
        AddCast(half, value, OnnxElementType.Float);
        _halfOf[value] = half;
        _floatOf[value] = value;
    }

    private string Half(string value)
    {
        if (_halfOf.TryGetValue(value, out var half))
        {
            return half;
        }

        if (graph.IsFromOutside(value) && (!IsBranch || graph.Constant(value) is not null || around!.HasHalf(value)))
        {
            return around!.Half(value);
        }

        half = graph.Constant(value) is { } constant
            ? graph.AddConstant(HalfPrecision.ToHalf(constant, graph.Fresh($"{value}/half")))
            : AddCast(value, graph.Fresh($"{value}/half"), OnnxElementType.Float16);
        return _halfOf[value] = half;
    }

    private string Float(string value)
    {
        if (!IsHalf(value))
        {
            return value;
        }

        if (_floatOf.TryGetValue(value, out var single))
        {
            return single;
        }

        return graph.IsFromOutside(value) && (!IsBranch || around!.HasFloat(value))
            ? around!.Float(value)
            : _floatOf[value] = AddCast(value, graph.Fresh($"{value}/single"), OnnxElementType.Float);
    }

    private bool IsBranch => graph.Owner?.Is("If") == true;

    private bool HasHalf(string value) => _halfOf.ContainsKey(value) || (graph.IsFromOutside(value) && around!.HasHalf(value));

    private bool HasFloat(string value) => _floatOf.ContainsKey(value) || (graph.IsFromOutside(value) && around!.HasFloat(value));

    private string AddCast(string from, string to, OnnxElementType type)
    {
        graph.Add(new OnnxNode
        {
            OpType = "Cast",
            Name = $"{to}/cast",
            Inputs = [from],
            Outputs = [to],
            Attributes = [OnnxAttribute.Of("to", (long)type)],
        });
        return to;
    }
}
