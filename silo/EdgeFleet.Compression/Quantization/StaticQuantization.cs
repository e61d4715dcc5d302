using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// Float graph -> QDQ graph: y = Conv(x, W, b) -> y = DQ(Q(Conv(DQ(Q(x)), DQ(Wq), DQ(bq)))), which the runtime fuses to QLinearConv.
/// W: 8 bits per output channel; b: int32 with scale s_x * s_w; activations as <paramref name="scheme"/> says, with the ranges seen.
/// Where a layer needs 16 bits for activations, Q and DQ are of that type (of com.microsoft before opset 21), and DQ(Q(DQ(Q(x))))
/// stands between it and layers in 8.
/// Conditions: opset 13 or later, a plan for this graph, and a range for every planned value that is its own representative.
/// </summary>
internal sealed class StaticQuantization(QuantizationPlan plan, IReadOnlyDictionary<string, ValueRange> ranges, QuantizationScheme scheme) : IGraphPass
{
    private const int LeastWideOpset = 21;
    private const string WideDomain = "com.microsoft";

    private readonly Dictionary<(string Value, bool Wide), (string Scale, string ZeroPoint)> _constants = [];
    private readonly Dictionary<int, string> _biasZeros = [];

    public string Name => "quantize-static";

    public int Apply(ModelGraph graph)
    {
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
        var inputScale = ParametersOf(node.Inputs[0], plan.WideNodes.Contains(node)).Scale;
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
        var wide = plan.IsWide(value);
        var given = integer && !wide && plan.IsGivenWide(value) ? Pair(graph, value, raw, true, null) : raw;
        var dequantized = Pair(graph, value, given, wide, final);
        graph.ReplaceUses(raw, dequantized, n => n.OpType != "QuantizeLinear" && (integer || (users.Contains(n) && plan.Nodes.Contains(n))));
        if (!wide && graph.Consumers(dequantized).Any(plan.WideNodes.Contains))
        {
            graph.ReplaceUses(dequantized, Pair(graph, value, dequantized, true, null), plan.WideNodes.Contains);
        }
    }

    /// <summary>Adds QuantizeLinear and DequantizeLinear.</summary>
    /// <returns>What the latter gives.</returns>
    private string Pair(ModelGraph graph, string value, string from, bool wide, string? to)
    {
        var domain = wide && graph.Opset < LeastWideOpset ? WideDomain : null;
        if (domain is not null && graph.Model.OpsetOf(domain) is null)
        {
            graph.Model.SetOpset(domain, 1);
        }

        var (scale, zeroPoint) = Parameters(graph, value, wide);
        var quantized = graph.Fresh($"{value}/q");
        graph.Add(new OnnxNode { OpType = "QuantizeLinear", Domain = domain, Name = quantized, Inputs = [from, scale, zeroPoint], Outputs = [quantized] });
        to ??= graph.Fresh($"{value}/dq");
        graph.Add(new OnnxNode { OpType = "DequantizeLinear", Domain = domain, Name = $"{quantized}/dequantize", Inputs = [quantized, scale, zeroPoint], Outputs = [to] });
        return to;
    }

    private bool IsBiasOfPlanned(ModelGraph graph, OnnxNode node) =>
        node.Is("Add") && node.Inputs.Exists(i => graph.Producer(i) is { } matmul && matmul.Is("MatMul") && plan.Nodes.Contains(matmul));

    private (string Scale, string ZeroPoint) Parameters(ModelGraph graph, string value, bool wide)
    {
        var key = (plan.Representative(value), wide);
        if (!_constants.TryGetValue(key, out var names))
        {
            var (scale, zeroPoint) = ParametersOf(value, wide);
            var basis = $"{key.Item1}/zero";
            names = (
                graph.AddConstant($"{key.Item1}/scale", OnnxElementType.Float, [], [scale]),
                (wide ? scheme.WideActivation : scheme.Activation) switch
                {
                    OnnxElementType.Int8 => graph.AddConstant(basis, OnnxElementType.Int8, [], [(sbyte)zeroPoint]),
                    OnnxElementType.Int16 => graph.AddConstant(basis, OnnxElementType.Int16, [], [(short)zeroPoint]),
                    OnnxElementType.UInt16 => graph.AddConstant(basis, OnnxElementType.UInt16, [], [(ushort)zeroPoint]),
                    _ => graph.AddConstant(basis, OnnxElementType.UInt8, [], [(byte)zeroPoint]),
                });
            _constants[key] = names;
        }

        return names;
    }

    private ActivationParameters ParametersOf(string value, bool wide) =>
        ActivationQuantizer.Of(ranges[plan.Representative(value)], wide ? scheme.WideActivation : scheme.Activation);

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
