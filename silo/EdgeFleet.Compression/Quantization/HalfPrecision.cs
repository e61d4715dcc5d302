using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// float32 graph -> float16 graph with float32 inputs and outputs: constants are converted, Cast stands behind inputs, before
/// outputs and around operators that must stay float32. A magnitude in (0, 5.96e-8) becomes 5.96e-8, a finite one beyond 65504
/// becomes 65504. Conditions: none; an operator that is blocked, foreign, has subgraphs, touches a value that float16 cannot hold or one
/// of unknown type (a sequence) keeps its float32 inputs and outputs. Opset 7.
/// </summary>
/// <param name="facts">Of the graph.</param>
/// <param name="unfit">Values that must stay float32: see <see cref="Calibration.HalfRanges"/>.</param>
internal sealed class HalfPrecision(ValueFacts facts, IReadOnlySet<string> unfit) : IGraphPass
{
    private const float Smallest = 5.96e-8f, Largest = 65504f;

    private static readonly HashSet<string> s_blocked =
    [
        "NonMaxSuppression", "TopK", "RoiAlign", "MaxRoiPool", "Resize", "Upsample", "Range", "CumSum", "Min", "Max", "RandomNormal",
        "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli", "EyeLike", "If", "Loop", "Scan", "SequenceMap",
        "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearConv", "QLinearMatMul",
        "HannWindow", "HammingWindow", "BlackmanWindow", "MelWeightMatrix", "DFT", "STFT", "GridSample", "TfIdfVectorizer", "ConstantOfShape",
    ];

    private readonly Dictionary<string, string> _halfOf = [];
    private readonly Dictionary<string, string> _floatOf = [];

    public string Name => "half-precision";

    public int Apply(ModelGraph graph)
    {
        var nodes = graph.Nodes;
        foreach (var node in nodes)
        {
            var half = !IsBlocked(node);
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                if (facts.IsFloat(node.Inputs[i]))
                {
                    graph.SetInput(node, i, half ? Half(graph, node.Inputs[i]) : Float(graph, node.Inputs[i]));
                }
            }

            if (half)
            {
                Convert(graph, node);
            }
            else
            {
                foreach (var outer in OuterValues.Of(node).Where(v => _halfOf.GetValueOrDefault(v) == v))
                {
                    graph.ReplaceUses(outer, Float(graph, outer), n => n == node);
                }
            }
        }

        graph.Graph.ValueInfos.Clear();
        graph.RemoveUnusedConstants();
        return nodes.Count;
    }

    private bool IsBlocked(OnnxNode node) =>
        OnnxOpset.Normalize(node.Domain).Length > 0 || s_blocked.Contains(node.OpType) || node.Subgraphs.Any()
        || node.Inputs.Concat(node.Outputs).Any(v => v.Length > 0 && (unfit.Contains(v) || facts.TypeOf(v) == OnnxElementType.Undefined));

    /// <summary>Lets a node compute in float16: what it produced as float32 is float16 from here on.</summary>
    private void Convert(ModelGraph graph, OnnxNode node)
    {
        if (node.Is("Cast") && node.Int("to", 0) == (long)OnnxElementType.Float)
        {
            node.RemoveAttribute("to");
            node.Attributes.Add(OnnxAttribute.Of("to", (long)OnnxElementType.Float16));
        }
        else if (node.Is("Constant") && node.Attribute("value")?.T is { ElementType: OnnxElementType.Float } constant)
        {
            node.RemoveAttribute("value");
            node.Attributes.Add(OnnxAttribute.Of("value", ToHalf(constant, constant.Name ?? "")));
        }

        for (var i = 0; i < node.Outputs.Count; i++)
        {
            var value = node.Outputs[i];
            if (!facts.IsFloat(value))
            {
                continue;
            }

            if (!graph.IsOutput(value))
            {
                _halfOf[value] = value;
                continue;
            }

            var half = graph.Fresh($"{value}/half");
            graph.SetOutput(node, i, half);
            AddCast(graph, half, value, OnnxElementType.Float);
            _halfOf[value] = half;
            _floatOf[value] = value;
        }
    }

    private string Half(ModelGraph graph, string value)
    {
        if (_halfOf.TryGetValue(value, out var half))
        {
            return half;
        }

        half = graph.Constant(value) is { } constant
            ? graph.AddConstant(ToHalf(constant, graph.Fresh($"{value}/half")))
            : AddCast(graph, value, graph.Fresh($"{value}/half"), OnnxElementType.Float16);
        return _halfOf[value] = half;
    }

    private string Float(ModelGraph graph, string value)
    {
        if (_halfOf.GetValueOrDefault(value) != value)
        {
            return value;
        }

        return _floatOf.TryGetValue(value, out var single)
            ? single
            : _floatOf[value] = AddCast(graph, value, graph.Fresh($"{value}/single"), OnnxElementType.Float);
    }

    private static string AddCast(ModelGraph graph, string from, string to, OnnxElementType type)
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

    /// <summary>A copy in float16: what would become 0 or infinite becomes the nearest number that is neither.</summary>
    internal static OnnxTensor ToHalf(OnnxTensor tensor, string name)
    {
        var values = TensorContent.Floats(tensor);
        var bytes = GC.AllocateUninitializedArray<byte>(checked(2 * values.Length));
        var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
        TensorPrimitives.ConvertToHalf(values, halves);
        for (var i = 0; i < values.Length; i++)
        {
            var magnitude = Math.Abs(values[i]);
            if (magnitude is > 0 and < Smallest || (magnitude > Largest && float.IsFinite(magnitude)))
            {
                halves[i] = (Half)MathF.CopySign(magnitude < 1 ? Smallest : Largest, values[i]);
            }
        }

        return OnnxTensor.OfRaw(name, OnnxElementType.Float16, tensor.Dimensions, bytes);
    }
}
