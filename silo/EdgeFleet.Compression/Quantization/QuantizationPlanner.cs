using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// Decides what runs on integers, by what ONNX Runtime 1.30 fuses on a CPU: Conv, Gemm and MatMul with constant weights; Add, Mul,
/// Concat, pooling and Sigmoid between them; operators that only move elements. What is not fused stays float, since an island of
/// QuantizeLinear and DequantizeLinear around a float operator only costs.
/// </summary>
internal sealed class QuantizationPlanner
{
    private static readonly string[] s_movers = ["Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze"];
    private static readonly string[] s_joins = ["Add", "Mul", "Concat", "GlobalAveragePool", "AveragePool", "MaxPool"];
    private static readonly string[] s_maps = ["Sigmoid", "LeakyRelu"];

    private readonly ModelGraph _graph;
    private readonly ValueFacts _facts;
    private readonly IReadOnlyCollection<string> _keepFloat;
    private readonly QuantizationPlan _plan = new();
    private readonly HashSet<string> _integer = [];
    private readonly Dictionary<string, bool> _reaches = [];

    private QuantizationPlanner(ModelGraph graph, ValueFacts facts, IReadOnlyCollection<string> keepFloat)
    {
        _graph = graph;
        _facts = facts;
        _keepFloat = keepFloat;
    }

    /// <summary>Looks only; the graph stays as it is.</summary>
    /// <param name="graph">The float model.</param>
    /// <param name="facts">Its types.</param>
    /// <param name="keepFloat">Outputs of layers that stay float.</param>
    public static QuantizationPlan Plan(ModelGraph graph, ValueFacts facts, IEnumerable<string>? keepFloat = null)
    {
        var planner = new QuantizationPlanner(graph, facts, (keepFloat ?? []).ToHashSet());
        planner.Walk();
        return planner._plan;
    }

    private void Walk()
    {
        var nodes = _graph.Nodes;
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            NoteReach(nodes[i]);
        }

        foreach (var node in nodes)
        {
            if (AsWeighted(node) is { } unit)
            {
                _plan.Weighted.Add(unit);
                _plan.Nodes.Add(node);
                Quantize(node.Inputs[0]);
                if (node.Is("Conv") || Reaches(EndOfLinear(node)) || LosesToFloat(node))
                {
                    Give(node, Absorb(EndOfLinear(node)));
                }
            }
            else if (node.Is(s_movers) && IsInteger(node.Inputs[0]) && Reaches(node.Outputs[0]))
            {
                Move(node);
            }
            else if (node.Is("MaxPool") && IsInteger(node.Inputs[0]) && node.Outputs.Count == 1)
            {
                Move(node);
            }
            else if ((node.Is(s_joins) && !node.Is("MaxPool") && node.Inputs.TrueForAll(IsInteger))
                || (node.Is(s_maps) && IsInteger(node.Inputs[0]) && Reaches(node.Outputs[0])))
            {
                _plan.Nodes.Add(node);
                Give(node, node.Is("Add", "Mul") ? Absorb(node.Outputs[0]) : node.Outputs[0]);
            }
        }
    }

    private WeightedUnit? AsWeighted(OnnxNode node)
    {
        if (!node.Is("Conv", "Gemm", "MatMul") || _keepFloat.Contains(node.Outputs[0]) || !_graph.TryFloats(node.Inputs[1], out var weights)
            || _graph.Constant(node.Inputs[0]) is not null || !_facts.IsFloat(node.Inputs[0]))
        {
            return null;
        }

        if (node.Is("MatMul"))
        {
            return weights.Dimensions.Count == 2 ? new(node, 1, false) : null;
        }

        if (node.Is("Conv") ? weights.Dimensions.Count is < 3 or > 5
            : weights.Dimensions.Count != 2 || node.Int("transA", 0) != 0 || node.Float("alpha", 1) != 1 || node.Float("beta", 1) != 1)
        {
            return null;
        }

        var axis = node.Is("Conv") || node.Int("transB", 0) != 0 ? 0 : 1;
        var bias = node.InputOrEmpty(2);
        return bias.Length == 0 ? new(node, axis, false)
            : _graph.TryFloats(bias, out var values) && values.Count == weights.Dimensions[axis] && values.Dimensions.Count == 1 ? new(node, axis, true)
            : null;
    }

    /// <summary>
    /// Gemm whose Relu is read by a float operator: ONNX Runtime 1.30 joins Gemm and Relu in float before it looks for integers, and
    /// then unpacks the weights in every run. With integers between the two and the reader it does not.
    /// </summary>
    private bool LosesToFloat(OnnxNode node) =>
        node.Is("Gemm") && _graph.HasSingleUse(node.Outputs[0]) && _graph.Consumers(node.Outputs[0])[0] is var relu && relu.Is("Relu")
        && _graph.Consumers(relu.Outputs[0]).Count > 0;

    /// <summary>The value after a MatMul's float bias, or the node's own output: the runtime fuses MatMul and Add into one.</summary>
    private string EndOfLinear(OnnxNode node)
    {
        var output = node.Outputs[0];
        return node.Is("MatMul") && _graph.HasSingleUse(output) && _graph.Consumers(output)[0] is var add && add.Is("Add")
            && add.Inputs.Exists(i => _graph.TryFloats(i, out var bias) && bias.Dimensions.Count == 1)
            ? add.Outputs[0]
            : output;
    }

    /// <summary>
    /// Relu and Clip after a quantized value -> nothing: the quantized range ends where they would cut. Conditions: the only use of
    /// the value, and 0 lies between Clip's constant bounds (a range always holds 0).
    /// </summary>
    private string Absorb(string value)
    {
        if (_graph.HasSingleUse(value) && _graph.Consumers(value)[0] is var node
            && (node.Is("Relu") || (node.Is("Clip") && Bound(node, "min", 1) <= 0 && Bound(node, "max", 2) >= 0)))
        {
            _plan.Absorbed.Add(node);
            return node.Outputs[0];
        }

        return value;
    }

    private float Bound(OnnxNode clip, string attribute, int input)
    {
        var open = input == 1 ? float.NegativeInfinity : float.PositiveInfinity;
        var name = clip.InputOrEmpty(input);
        return name.Length == 0 ? clip.Float(attribute, open)
            : _graph.TryFloats(name, out var bound) && bound.Count == 1 ? TensorContent.Floats(bound)[0]
            : float.NaN;
    }

    private void Move(OnnxNode node)
    {
        _plan.Nodes.Add(node);
        _plan.SameAs[node.Outputs[0]] = node.Inputs[0];
        Give(node, node.Outputs[0]);
    }

    private void Give(OnnxNode node, string result)
    {
        _plan.Results[node] = result;
        Quantize(result);
    }

    private void Quantize(string value)
    {
        if (_integer.Add(value))
        {
            _plan.Values.Add(value);
        }
    }

    private bool IsInteger(string value) => _integer.Contains(value);

    private bool Reaches(string value) => _reaches.GetValueOrDefault(value);

    /// <summary>Notes whether a node's inputs lead, over operators that can run on integers, to a weighted one.</summary>
    private void NoteReach(OnnxNode node)
    {
        var leads = AsWeighted(node) is not null;
        var passes = node.Is("Relu", "Clip") || node.Is(s_movers) || node.Is(s_joins) || node.Is(s_maps);
        if (leads)
        {
            _reaches[node.Inputs[0]] = true;
        }
        else if (passes && node.Outputs.Exists(Reaches))
        {
            foreach (var input in node.Inputs.Where(i => i.Length > 0))
            {
                _reaches[input] = true;
            }
        }
    }
}
