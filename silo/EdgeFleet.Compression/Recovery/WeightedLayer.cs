using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Recovery;

/// <summary>A Conv, ConvTranspose, Gemm or MatMul with constant weights, which are scaled in double until they are stored.</summary>
internal sealed class WeightedLayer
{
    private readonly double[] _weights;
    private readonly double[]? _bias;
    private readonly long[] _dimensions;
    private readonly int _axis;
    private readonly int _groups;

    private WeightedLayer(OnnxNode node, OnnxTensor weights, int axis, double[]? bias)
    {
        Node = node;
        _weights = Array.ConvertAll(TensorContent.Floats(weights).ToArray(), w => (double)w);
        _dimensions = [.. weights.Dimensions];
        _axis = axis;
        _bias = bias;
        _groups = node.Is("Conv") ? (int)node.Int("group", 1) : 1;
        Outputs = (int)_dimensions[axis];
        Inputs = node.Is("Conv") ? (int)_dimensions[1] * _groups : (int)_dimensions[1 - axis];
    }

    public OnnxNode Node { get; }

    /// <summary>Output channels.</summary>
    public int Outputs { get; }

    /// <summary>Input channels.</summary>
    public int Inputs { get; }

    /// <summary>True where each output channel reads one input channel only, so that its weights' scale follows the input's.</summary>
    public bool IsDepthwise => _groups > 1 && _dimensions[1] == 1;

    /// <returns>Null where the weights are not constant or of another form, or the bias is not one constant per channel.</returns>
    public static WeightedLayer? Of(ModelGraph graph, OnnxNode node)
    {
        if (!node.Is("Conv", "ConvTranspose", "Gemm", "MatMul") || !graph.TryFloats(node.Inputs[1], out var weights) || weights.Count == 0)
        {
            return null;
        }

        if (node.Is("MatMul"))
        {
            return weights.Dimensions.Count == 2 ? new(node, weights, 1, null) : null;
        }

        var axis = node.Is("Conv") || (node.Is("Gemm") && node.Int("transB", 0) != 0) ? 0 : 1;
        return (!node.Is("Gemm") || node.Int("transA", 0) == 0)
            && (!node.Is("ConvTranspose") || node.Int("group", 1) == 1)
            && ChannelScaling.OutputChannels(node, weights) is { } channels
            && ChannelScaling.Bias(graph, node, channels) is { } bias
            ? new(node, weights, axis, node.InputOrEmpty(2).Length > 0 ? bias : null)
            : null;
    }

    /// <summary>Largest magnitude of the weights of each output channel.</summary>
    public double[] OutputMagnitudes()
    {
        var largest = new double[Outputs];
        Visit((output, _, weight) =>
        {
            largest[output] = Math.Max(largest[output], Math.Abs(weight));
            return weight;
        });
        return largest;
    }

    /// <summary>Largest magnitude of the weights that read each input channel, several neighbouring inputs counting as one.</summary>
    /// <param name="spread">How many.</param>
    public double[] InputMagnitudes(int spread = 1)
    {
        var largest = new double[Inputs / spread];
        Visit((_, input, weight) =>
        {
            largest[input / spread] = Math.Max(largest[input / spread], Math.Abs(weight));
            return weight;
        });
        return largest;
    }

    /// <summary>Multiplies what each output channel gives.</summary>
    public void ScaleOutputs(IReadOnlyList<double> factors)
    {
        Visit((output, _, weight) => weight * factors[output]);
        for (var c = 0; c < _bias?.Length; c++)
        {
            _bias[c] *= factors[c];
        }
    }

    /// <summary>Multiplies what is made of each input channel, several neighbouring inputs counting as one.</summary>
    public void ScaleInputs(IReadOnlyList<double> factors, int spread = 1) => Visit((_, input, weight) => weight * factors[input / spread]);

    /// <summary>Gives the node these weights; the old ones may be shared and stay.</summary>
    public void Store(ModelGraph graph)
    {
        graph.SetInput(Node, 1, Constant(graph, 1, _dimensions, _weights));
        if (_bias is not null)
        {
            graph.SetInput(Node, 2, Constant(graph, 2, [_bias.Length], _bias));
        }
    }

    private string Constant(ModelGraph graph, int input, IEnumerable<long> dimensions, double[] values) =>
        graph.AddConstant<float>($"{Node.Inputs[input]}/scaled", OnnxElementType.Float, dimensions, Array.ConvertAll(values, v => (float)v));

    private void Visit(Func<int, int, double, double> visit)
    {
        var inner = 1;
        for (var i = 2; i < _dimensions.Length; i++)
        {
            inner *= (int)_dimensions[i];
        }

        var second = (int)_dimensions[1];
        var perGroup = Outputs / _groups;
        for (var i = 0; i < _weights.Length; i++)
        {
            var (a, b) = (i / inner / second, i / inner % second);
            var (output, input) = _axis == 0 ? (a, b) : (b, a);
            _weights[i] = visit(output, _groups > 1 ? (output / perGroup * second) + input : input, _weights[i]);
        }
    }
}
