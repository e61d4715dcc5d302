using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>Scales the weights of Conv, ConvTranspose and Gemm per output or input channel, and their biases with them.</summary>
internal static class ChannelScaling
{
    /// <summary>A layer of more channels has no weights: their dimensions may claim any number where another is 0.</summary>
    private const long MostChannels = 1 << 20;

    /// <summary>Number of output channels, or null where the weights' layout is not handled.</summary>
    public static long? OutputChannels(OnnxNode node, OnnxTensor weights)
    {
        var dimensions = weights.Dimensions;
        return node.Is("Conv") && dimensions.Count >= 3 ? dimensions[0]
            : node.Is("ConvTranspose") && dimensions.Count >= 3 && dimensions[0] % Groups(node) == 0 ? dimensions[1] * Groups(node)
            : node.Is("Gemm") && dimensions.Count == 2 ? dimensions[node.Int("transB", 0) != 0 ? 0 : 1]
            : null;
    }

    /// <summary>Number of input channels, or null where the weights' layout is not handled.</summary>
    public static long? InputChannels(OnnxNode node, OnnxTensor weights)
    {
        var dimensions = weights.Dimensions;
        return node.Is("Conv") && dimensions.Count >= 3 && dimensions[0] % Groups(node) == 0 ? dimensions[1] * Groups(node)
            : node.Is("Gemm") && dimensions.Count == 2 && node.Int("transA", 0) == 0 ? dimensions[node.Int("transB", 0) != 0 ? 1 : 0]
            : null;
    }

    /// <summary>The output channel of each weight, in the order of the weights.</summary>
    public static Func<long, int> OutputOf(OnnxNode node, OnnxTensor weights)
    {
        var dimensions = weights.Dimensions;
        var inner = Product(dimensions, 2);
        if (node.Is("Conv"))
        {
            var each = dimensions[1] * inner;
            return i => (int)(i / each);
        }

        if (node.Is("Gemm"))
        {
            return Row(node.Int("transB", 0) != 0, dimensions[1]);
        }

        var (per, perGroup) = (dimensions[1], dimensions[0] / Groups(node));
        return i => (int)((i / (inner * per) / perGroup * per) + (i / inner % per));
    }

    /// <summary>The input channel of each weight of Conv or Gemm, in the order of the weights.</summary>
    public static Func<long, int> InputOf(OnnxNode node, OnnxTensor weights)
    {
        var dimensions = weights.Dimensions;
        if (node.Is("Gemm"))
        {
            return Row(node.Int("transB", 0) == 0, dimensions[1]);
        }

        var (inner, per, perGroup) = (Product(dimensions, 2), dimensions[1], dimensions[0] / Groups(node));
        return i => (int)((i / (inner * per) / perGroup * per) + (i / inner % per));
    }

    /// <summary>A copy of the weights, each times its channel's factor; null where one would not be finite.</summary>
    public static float[]? Scale(OnnxTensor weights, Func<long, int> channelOf, ReadOnlySpan<double> factors)
    {
        var scaled = TensorContent.Floats(weights).ToArray();
        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] = (float)(scaled[i] * factors[channelOf(i)]);
            if (!float.IsFinite(scaled[i]))
            {
                return null;
            }
        }

        return scaled;
    }

    /// <summary>The node's bias as doubles: zeros where it has none, null where it is not a constant of that many channels.</summary>
    public static double[]? Bias(ModelGraph graph, OnnxNode node, long channels)
    {
        var name = node.InputOrEmpty(2);
        if (channels is < 0 or > MostChannels)
        {
            return null;
        }

        if (name.Length == 0)
        {
            return new double[channels];
        }

        return graph.TryFloats(name, out var bias) && bias.Count == channels && bias.Dimensions.Count(d => d > 1) <= 1
            && (bias.Dimensions.Count <= 1 || bias.Dimensions[^1] == channels)
            ? [.. TensorContent.Floats(bias)]
            : null;
    }

    /// <summary>A constant as one number per channel of a value of that rank, whose channels are on axis 1; null where it is none.</summary>
    /// <remarks>A scalar counts for every channel; a constant of more dimensions than the value would add some to the result.</remarks>
    public static double[]? PerChannel(OnnxTensor constant, int rank, long channels)
    {
        if (constant.Dimensions.Count > rank || channels is < 0 or > MostChannels)
        {
            return null;
        }

        var values = TensorContent.Floats(constant);
        if (values.Length == 1)
        {
            return [.. Enumerable.Repeat((double)values[0], (int)channels)];
        }

        var axis = constant.Dimensions.Count - rank + 1;
        return axis >= 0 && constant.Dimensions[axis] == channels && values.Length == channels ? Array.ConvertAll(values.ToArray(), v => (double)v) : null;
    }

    /// <summary>True where the bias can be stored as float.</summary>
    public static bool AreFinite(IEnumerable<double> bias) => bias.All(b => float.IsFinite((float)b));

    /// <summary>Gives the node new weights and a new bias; the old ones may be shared and stay.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="node">The layer.</param>
    /// <param name="weights">In the layout of the old ones; null leaves those.</param>
    /// <param name="bias">One per output channel; null leaves the old one.</param>
    public static void Replace(ModelGraph graph, OnnxNode node, float[]? weights, IReadOnlyList<double>? bias)
    {
        if (weights is not null)
        {
            var old = graph.Constant(node.Inputs[1])!;
            graph.SetInput(node, 1, graph.AddConstant<float>(old.Name!, OnnxElementType.Float, old.Dimensions, weights));
        }

        if (bias is not null)
        {
            var values = bias.Select(b => (float)b).ToArray();
            graph.SetInput(node, 2, graph.AddConstant<float>($"{node.Outputs[0]}_bias", OnnxElementType.Float, [values.Length], values));
        }
    }

    /// <summary>As <see cref="Replace"/>, for a layer that now computes what the node behind it did, and takes its place.</summary>
    public static void TakeIn(ModelGraph graph, OnnxNode layer, float[]? weights, IReadOnlyList<double>? bias, OnnxNode behind)
    {
        Replace(graph, layer, weights, bias);
        graph.Remove(behind);
        graph.SetOutput(layer, 0, behind.Outputs[0]);
    }

    private static Func<long, int> Row(bool rows, long width) => rows ? i => (int)(i / width) : i => (int)(i % width);

    private static long Groups(OnnxNode node) => Math.Max(1, node.Int("group", 1));

    private static long Product(List<long> dimensions, int from)
    {
        var product = 1L;
        for (var i = from; i < dimensions.Count; i++)
        {
            product *= dimensions[i];
        }

        return product;
    }
}
