using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// Float graph -> QDQ graph: y = Conv(x, W, b) -> y = DQ(Q(Conv(DQ(Q(x)), DQ(Wq), DQ(bq)))), which the runtime fuses to QLinearConv.
/// W: 8 bits per output channel; b: int32 with scale s_x * s_w; activations as <paramref name="scheme"/> says, with the ranges seen.
/// Conditions: opset 13 or later, a plan for this graph, and a range for every planned value that is its own representative.
/// </summary>
internal sealed class StaticQuantization(QuantizationPlan plan, IReadOnlyDictionary<string, ValueRange> ranges, QuantizationScheme scheme) : IGraphPass
{
    private readonly Dictionary<string, ActivationParameters> _parameters = [];
    private readonly Dictionary<string, (string Scale, string ZeroPoint)> _constants = [];
    private readonly Dictionary<int, string> _biasZeros = [];

    public string Name => "quantize-static";

    public int Apply(ModelGraph graph)
    {
        foreach (var value in plan.Values)
        {
            _parameters[value] = ActivationQuantizer.Of(ranges[plan.Representative(value)], scheme.Activation);
        }

        foreach (var unit in plan.Weighted)
        {
            QuantizeWeights(graph, unit);
        }

        foreach (var node in plan.Absorbed)
        {
            Absorb(graph, node);
        }

        foreach (var value in plan.Values)
        {
            QuantizeValue(graph, value);
        }

        graph.RemoveUnusedConstants();
        return plan.Nodes.Count;
    }

    private void QuantizeWeights(ModelGraph graph, WeightedUnit unit)
    {
        var node = unit.Node;
        var weights = graph.Constant(node.Inputs[1])!;
        var inputScale = _parameters[node.Inputs[0]].Scale;
        var bias = unit.HasBias ? TensorContent.Floats(graph.Constant(node.Inputs[2])!).ToArray() : null;
        var quantized = Quantized(TensorContent.Floats(weights), weights.Dimensions, unit.Axis, bias, inputScale);
        var basis = node.Outputs[0];
        long[] granularity = scheme.PerTensor ? [] : [quantized.Scales.Length];
        var scale = graph.AddConstant<float>($"{basis}/w_scale", OnnxElementType.Float, granularity, quantized.Scales);
        graph.SetInput(node, 1, Dequantize(
            graph,
            Weights(graph, $"{basis}/w", weights.Dimensions, quantized.Values),
            scale,
            Weights(graph, $"{basis}/w_zero", granularity, new sbyte[quantized.Scales.Length]),
            unit.Axis));
        if (bias is not null)
        {
            var values = WeightQuantizer.QuantizeBias(bias, inputScale, quantized.Scales);
            var scales = Array.ConvertAll(quantized.Scales, s => s * inputScale);
            graph.SetInput(node, 2, Dequantize(
                graph,
                graph.AddConstant<int>($"{basis}/b", OnnxElementType.Int32, [bias.Length], values),
                graph.AddConstant<float>($"{basis}/b_scale", OnnxElementType.Float, granularity, scales),
                BiasZeros(graph, granularity),
                0));
        }
    }

    private QuantizedWeights Quantized(ReadOnlySpan<float> weights, IReadOnlyList<long> dimensions, int axis, float[]? bias, float inputScale) =>
        scheme.PerTensor
            ? WeightQuantizer.QuantizeWhole(weights, scheme.WeightLimit, bias?.Max(b => WeightQuantizer.LeastScale(b, inputScale)) ?? 0)
            : WeightQuantizer.Quantize(weights, dimensions, axis, scheme.WeightLimit, bias is null ? null : c => WeightQuantizer.LeastScale(bias[c], inputScale));

    /// <summary>
    /// Zero points of biases, shared by all of as many channels. (Those of weights are not shared: with
    /// session.x64quantprecision ONNX Runtime 1.30 converts weights with their zero points, and stops at one that it has converted.)
    /// </summary>
    private string BiasZeros(ModelGraph graph, long[] dimensions)
    {
        var count = dimensions.Length == 0 ? 0 : (int)dimensions[0];
        if (!_biasZeros.TryGetValue(count, out var zeros))
        {
            _biasZeros[count] = zeros = graph.AddConstant<int>($"zeros/{count}", OnnxElementType.Int32, dimensions, new int[Math.Max(1, count)]);
        }

        return zeros;
    }

    /// <summary>Signed values as the scheme stores them: uint8 has its zero at 128.</summary>
    private string Weights(ModelGraph graph, string name, IReadOnlyList<long> dimensions, sbyte[] values) => scheme.Weight == OnnxElementType.UInt8
        ? graph.AddConstant<byte>(name, OnnxElementType.UInt8, dimensions, Array.ConvertAll(values, v => (byte)(v + 128)))
        : graph.AddConstant<sbyte>(name, OnnxElementType.Int8, dimensions, values);

    private static void Absorb(ModelGraph graph, OnnxNode activation)
    {
        var producer = graph.Producer(activation.Inputs[0])!;
        graph.Remove(activation);
        graph.SetOutput(producer, producer.Outputs.IndexOf(activation.Inputs[0]), activation.Outputs[0]);
    }

    private void QuantizeValue(ModelGraph graph, string value)
    {
        var (scale, zeroPoint) = Parameters(graph, value);
        var producer = graph.Producer(value);
        var integer = producer is not null && (plan.Nodes.Contains(producer) || IsBiasOfPlanned(graph, producer));
        var raw = value;
        string? final = null;
        if (integer && graph.IsOutput(value))
        {
            raw = graph.Fresh($"{value}/float");
            graph.ReplaceUses(value, raw);
            graph.SetOutput(producer!, producer!.Outputs.IndexOf(value), raw);
            final = value;
        }

        // Whoever else reads a value that integers produced reads it dequantized: a second float use would keep the runtime from fusing.
        var users = graph.Consumers(raw).ToHashSet();
        var quantized = graph.Fresh($"{value}/q");
        graph.Add(new OnnxNode { OpType = "QuantizeLinear", Name = quantized, Inputs = [raw, scale, zeroPoint], Outputs = [quantized] });
        var dequantized = final ?? graph.Fresh($"{value}/dq");
        graph.Add(new OnnxNode { OpType = "DequantizeLinear", Name = $"{quantized}/dequantize", Inputs = [quantized, scale, zeroPoint], Outputs = [dequantized] });
        graph.ReplaceUses(raw, dequantized, n => n.OpType != "QuantizeLinear" && (integer || (users.Contains(n) && plan.Nodes.Contains(n))));
    }

    private bool IsBiasOfPlanned(ModelGraph graph, OnnxNode node) =>
        node.Is("Add") && node.Inputs.Exists(i => graph.Producer(i) is { } matmul && matmul.Is("MatMul") && plan.Nodes.Contains(matmul));

    private (string Scale, string ZeroPoint) Parameters(ModelGraph graph, string value)
    {
        var representative = plan.Representative(value);
        if (!_constants.TryGetValue(representative, out var names))
        {
            var (scale, zeroPoint) = _parameters[value];
            names = (
                graph.AddConstant($"{representative}/scale", OnnxElementType.Float, [], [scale]),
                scheme.Activation == OnnxElementType.Int8
                    ? graph.AddConstant($"{representative}/zero", OnnxElementType.Int8, [], [(sbyte)zeroPoint])
                    : graph.AddConstant($"{representative}/zero", OnnxElementType.UInt8, [], [(byte)zeroPoint]));
            _constants[representative] = names;
        }

        return names;
    }

    private string Dequantize(ModelGraph graph, string quantized, string scale, string zeroPoint, int axis)
    {
        var output = graph.Fresh($"{quantized}/dq");
        graph.Add(new OnnxNode
        {
            OpType = "DequantizeLinear",
            Name = output,
            Inputs = [quantized, scale, zeroPoint],
            Outputs = [output],
            Attributes = scheme.PerTensor ? [] : [OnnxAttribute.Of("axis", axis)],
        });
        return output;
    }
}
