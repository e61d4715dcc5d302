using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>Scales the weights of Conv, ConvTranspose and Gemm per output channel, and finds how many there are.</summary>
internal static class ChannelScaling
{
    /// <summary>A layer of more channels has no weights: their dimensions may claim any number where another is 0.</summary>
    private const long MostChannels = 1 << 20;

    /// <summary>Axis of the output channels in the weights, and the channels per step along it, or null where the layout is not handled.</summary>
    public static (int Axis, long Channels)? OutputAxis(OnnxNode node, OnnxTensor weights)
    {
        var dimensions = weights.Dimensions;
        if (node.Is("Conv") && dimensions.Count >= 3)
        {
            return (0, dimensions[0]);
        }

        if (node.Is("ConvTranspose") && dimensions.Count >= 3 && node.Int("group", 1) == 1)
        {
            return (1, dimensions[1]);
        }

        if (node.Is("Gemm") && dimensions.Count == 2)
        {
            var axis = node.Int("transB", 0) != 0 ? 0 : 1;
            return (axis, dimensions[axis]);
        }

        return null;
    }

    /// <summary>A copy of the weights, each output channel times its factor.</summary>
    public static float[] Scale(OnnxTensor weights, int axis, ReadOnlySpan<double> factors)
    {
        var scaled = TensorContent.Floats(weights).ToArray();
        var inner = 1L;
        for (var i = axis + 1; i < weights.Dimensions.Count; i++)
        {
            inner *= weights.Dimensions[i];
        }

        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] = (float)(scaled[i] * factors[(int)(i / inner % factors.Length)]);
        }

        return scaled;
    }

    /// <summary>The node's bias as doubles: zeros where it has none, null where it is not a constant of that many channels.</summary>
    public static double[]? Bias(ModelGraph graph, OnnxNode node, long channels)
    {
        var name = node.InputOrEmpty(2);
        if (channels > MostChannels)
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

    /// <summary>Gives the node new weights and a new bias; the old ones may be shared and stay.</summary>
    public static void Replace(ModelGraph graph, OnnxNode node, float[] weights, IReadOnlyList<double> bias)
    {
        var old = graph.Constant(node.Inputs[1])!;
        graph.SetInput(node, 1, graph.AddConstant<float>(old.Name!, OnnxElementType.Float, old.Dimensions, weights));
        var values = bias.Select(b => (float)b).ToArray();
        graph.SetInput(node, 2, graph.AddConstant<float>($"{node.Outputs[0]}_bias", OnnxElementType.Float, [values.Length], values));
    }
}
