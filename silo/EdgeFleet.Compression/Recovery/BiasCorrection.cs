using System.Runtime.InteropServices;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Conv | Gemm | MatMul + Add with 8-bit weights -> the same with b' = b - mean((Wq - W) x) per output channel, x being the inputs
/// that the quantized model itself gives on the calibration samples: rounded weights shift a layer's mean, and a bias shifts it back.
/// By linearity the mean over samples goes through the layer in place of the samples. A Conv or Gemm without bias gets one.
/// Conditions: static QDQ layers whose samples all have one shape; a MatMul must be followed by Add of a constant.
/// Source: Nagel et al., Data-Free Quantization through Weight Equalization and Bias Correction, 2019.
/// </summary>
/// <param name="shifts">From <see cref="Measure"/>.</param>
internal sealed class BiasCorrection(IReadOnlyDictionary<string, double[]> shifts) : IGraphPass
{
    public string Name => "correct-biases";

    /// <summary>Finds how far the means have shifted; neither graph is changed.</summary>
    /// <param name="original">The float model that was quantized.</param>
    /// <param name="quantized">The QDQ model made of it, names as in the float model.</param>
    /// <param name="feed">Calibration samples.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    /// <returns>Mean of quantized minus float per output channel, by the layer's output in the QDQ model.</returns>
    public static Dictionary<string, double[]> Measure(
        ModelGraph original, ModelGraph quantized, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var view = new VariantView(quantized, null);
        var layers = new List<(LayerPair Pair, QuantizedLayer Layer)>();
        foreach (var pair in LayerPair.Of(original, view))
        {
            if (QuantizedLayer.Find(quantized, view, pair) is { } layer)
            {
                layers.Add((pair, layer));
            }
        }

        var means = InputMeans.Collect(quantized, layers.ConvertAll(l => l.Layer.Input), feed, runner, cancellationToken);
        var shifts = new Dictionary<string, double[]>();
        foreach (var (pair, layer) in layers)
        {
            if (means.GetValueOrDefault(layer.Input) is { } mean)
            {
                shifts[layer.Node.Outputs[0]] = Shift(original, pair.Node, layer, mean, runner, cancellationToken);
            }
        }

        return shifts;
    }

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            if (node.Outputs.Count > 0 && shifts.TryGetValue(node.Outputs[0], out var shift) && QuantizedLayer.Of(graph, node) is { } layer)
            {
                changes += (node.Is("MatMul") ? CorrectAdd(graph, node, shift) : CorrectInteger(graph, layer, shift)) ? 1 : 0;
            }
        }

        graph.RemoveUnusedConstants();
        return changes;
    }

    /// <summary>Runs the mean input through the layer with the weights' errors in place of its weights.</summary>
    private static double[] Shift(
        ModelGraph original, OnnxNode node, QuantizedLayer layer, ModelTensor mean, IModelRunner runner, CancellationToken cancellationToken)
    {
        var weights = original.Constant(node.Inputs[1])!;
        var errors = TensorContent.Floats(weights).ToArray();
        var values = layer.Values();
        var inner = 1;
        for (var i = layer.Axis + 1; i < weights.Dimensions.Count; i++)
        {
            inner *= (int)weights.Dimensions[i];
        }

        for (var i = 0; i < errors.Length; i++)
        {
            errors[i] = (values[i] * layer.Scales[i / inner % layer.Channels]) - errors[i];
        }

        var graph = new OnnxGraph { Name = "layer" };
        graph.Inputs.Add(new OnnxValueInfo { Name = "x", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = (int)OnnxElementType.Float } } });
        graph.Outputs.Add(new OnnxValueInfo { Name = "y" });
        graph.Initializers.Add(OnnxTensor.Of<float>("w", OnnxElementType.Float, weights.Dimensions, errors));
        graph.Nodes.Add(new OnnxNode { OpType = node.OpType, Inputs = ["x", "w"], Outputs = ["y"], Attributes = node.Attributes });
        var model = new OnnxModel { IrVersion = original.Model.IrVersion, Graph = graph };
        model.Opsets.AddRange(original.Model.Opsets);
        using var session = runner.Load(model.ToArray(), new ModelSessionOptions());
        var output = session.Run([mean with { Name = "x" }], [], cancellationToken)[0];
        return ChannelMeans(output.Floats, output.Dimensions, node.Is("Conv") ? 1 : output.Dimensions.Count - 1);
    }

    private static double[] ChannelMeans(ReadOnlySpan<float> values, IReadOnlyList<long> dimensions, int axis)
    {
        var channels = (int)dimensions[axis];
        var inner = (int)dimensions.Skip(axis + 1).Aggregate(1L, (p, d) => p * d);
        var means = new double[channels];
        for (var i = 0; i < values.Length; i++)
        {
            means[i / inner % channels] += values[i];
        }

        var rows = Math.Max(1, values.Length / channels);
        return Array.ConvertAll(means, m => m / rows);
    }

    private static bool CorrectInteger(ModelGraph graph, QuantizedLayer layer, double[] shift)
    {
        var old = layer.Bias is { } tensor ? MemoryMarshal.Cast<byte, int>(TensorContent.Bytes(tensor).Span).ToArray() : new int[layer.Channels];
        var scales = Array.ConvertAll(layer.Scales, s => s * layer.InputScale);
        var values = new int[layer.Channels];
        for (var c = 0; c < values.Length; c++)
        {
            values[c] = (int)Math.Clamp(Math.Round(old[c] - (shift[c] / scales[c]), MidpointRounding.ToEven), int.MinValue, int.MaxValue);
        }

        if (layer.Bias is { } bias)
        {
            bias.RawData = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            bias.TypedData.Clear();
            return true;
        }

        if (Array.TrueForAll(values, v => v == 0))
        {
            return false;
        }

        var basis = layer.Node.Outputs[0];
        long[] granularity = layer.IsPerTensor ? [] : [values.Length];
        var stored = layer.IsPerTensor ? scales[..1] : scales;
        var dequantized = graph.Fresh($"{basis}/b/dq");
        graph.Add(new OnnxNode
        {
            OpType = "DequantizeLinear",
            Name = dequantized,
            Inputs =
            [
                graph.AddConstant<int>($"{basis}/b", OnnxElementType.Int32, [values.Length], values),
                graph.AddConstant<float>($"{basis}/b_scale", OnnxElementType.Float, granularity, stored),
                graph.AddConstant<int>($"{basis}/b_zero", OnnxElementType.Int32, granularity, new int[stored.Length]),
            ],
            Outputs = [dequantized],
            Attributes = layer.IsPerTensor ? [] : [OnnxAttribute.Of("axis", 0)],
        });
        graph.SetInput(layer.Node, 2, dequantized);
        return true;
    }

    /// <summary>A MatMul's bias is a float constant of the Add behind it.</summary>
    private static bool CorrectAdd(ModelGraph graph, OnnxNode node, double[] shift)
    {
        if (!graph.HasSingleUse(node.Outputs[0]) || graph.Consumers(node.Outputs[0])[0] is not { } add || !add.Is("Add"))
        {
            return false;
        }

        var input = 1 - add.Inputs.IndexOf(node.Outputs[0]);
        if (!graph.TryFloats(add.Inputs[input], out var bias) || bias.Count != shift.Length || bias.Dimensions[^1] != bias.Count)
        {
            return false;
        }

        var values = TensorContent.Floats(bias).ToArray();
        for (var c = 0; c < values.Length; c++)
        {
            values[c] = (float)(values[c] - shift[c]);
        }

        graph.SetInput(add, input, graph.AddConstant<float>($"{bias.Name}/corrected", OnnxElementType.Float, bias.Dimensions, values));
        return true;
    }
}
