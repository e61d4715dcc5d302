using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>A valid model with inputs for it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Inputs">A batch of three.</param>
/// <param name="One">The first of them.</param>
internal sealed record RandomGraph(OnnxModel Model, IReadOnlyList<ModelTensor> Inputs, IReadOnlyList<ModelTensor> One);

/// <summary>
/// Makes valid models at random: what exporters write, near misses of it, and values that are shared, given out and left unused.
/// The same seed gives the same model. Axis 0 of every value is the batch, which is symbolic.
/// </summary>
internal sealed partial class RandomGraphs
{
    private const long Batch = 3;
    private const long MostPerSample = 4096;

    private readonly Random _random;
    private readonly int _opset;
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxTensor> _initializers = [];
    private readonly List<Value> _values = [];
    private readonly List<OnnxValueInfo> _inputs = [];
    private readonly List<ModelTensor> _given = [];
    private int _names;

    private RandomGraphs(long seed)
    {
        _random = new Random(unchecked((int)(seed ^ (seed >> 32)) * 7919));
        _opset = _random.Next(11, 22);
    }

    public static RandomGraph Make(long seed) => new RandomGraphs(seed).Make();

    private RandomGraph Make()
    {
        for (var i = _random.Next(4) == 0 ? 2 : 1; i > 0; i--)
        {
            AddInput(_random.Next(4) switch { 0 => [Batch, Extent(2, 12)], 1 => [Batch, Extent(2, 6), Extent(2, 10)], _ => [Batch, Extent(1, 6), Extent(4, 9), Extent(4, 9)] });
        }

        for (var target = _random.Next(3, 41); _nodes.Count < target;)
        {
            Step();
        }

        var graph = new OnnxGraph { Name = "random" };
        graph.Nodes.AddRange(_nodes);
        graph.Initializers.AddRange(_initializers);
        graph.Inputs.AddRange(_inputs);
        foreach (var value in Outputs())
        {
            graph.Outputs.Add(OnnxValueInfo.Tensor(value.Name, OnnxElementType.Float, value.Shape.Select((d, i) => i == 0 ? null : (long?)d)));
        }

        var model = new OnnxModel { IrVersion = _opset > 18 ? 10 : 8, Graph = graph };
        model.SetOpset("", _opset);
        var one = _given.ConvertAll(t => t with { Dimensions = [1, .. t.Dimensions.Skip(1)], Data = t.Data[..(t.Data.Length / (int)Batch)] });
        return new RandomGraph(model, _given, one);
    }

    /// <summary>The last value, and some others, by chance inputs of other nodes.</summary>
    private HashSet<Value> Outputs()
    {
        var made = _values.Where(v => _nodes.Exists(n => n.Outputs.Contains(v.Name))).ToList();
        var chosen = new HashSet<Value> { made[^1] };
        while (Chance(0.5))
        {
            chosen.Add(Pick(made));
        }

        return chosen;
    }

    private void Step()
    {
        var x = Chance(0.7) ? _values[^1] : Pick(_values);
        switch (_random.Next(24))
        {
            case 0 or 1 or 2 when x.Rank > 2: Convolve(x); break;
            case 3 when x.Rank > 2: ConvolveTransposed(x); break;
            case 4 or 5: Normalize(x); break;
            case 6 or 7: Activate(x); break;
            case 8 or 9: Join(x); break;
            case 10 or 11: Multiply(x); break;
            case 12: Reshape(x); break;
            case 13: Transpose(x); break;
            case 14: Concat(x); break;
            case 15: Split(x); break;
            case 16: Slice(x); break;
            case 17: Pad(x); break;
            case 18 or 23 when x.Rank > 2: Pool(x); break;
            case 19: NormalizeLayer(x); break;
            case 20: Gelu(x); break;
            case 21: HardSwish(x); break;
            case 22: PassThrough(x); break;
            default: Bound(x); break;
        }
    }

    private void AddInput(long[] shape)
    {
        var name = $"input{_inputs.Count}";
        var info = OnnxValueInfo.Tensor(name, OnnxElementType.Float, shape.Select((d, i) => i == 0 ? null : (long?)d));
        info.Type!.Tensor!.Shape!.Dimensions[0].Parameter = Chance(0.8) ? "batch" : null;
        _inputs.Add(info);
        _values.Add(new(name, shape));
        _given.Add(ModelTensor.OfFloats(name, shape, Numbers(shape, -2, 2)));
    }

    private Value Emit(string type, string[] inputs, long[] shape, params OnnxAttribute[] attributes)
    {
        var value = new Value(Name(type), shape);
        _nodes.Add(new OnnxNode { OpType = type, Name = $"node_{value.Name}", Inputs = [.. inputs], Outputs = [value.Name], Attributes = [.. attributes] });
        _values.Add(value);
        return value;
    }

    /// <summary>A float constant: an initializer, a Constant node, one that is there already, or a second copy of it.</summary>
    private string Constant(long[] shape, float low, float high)
    {
        var same = _initializers.FindAll(i => i.ElementType == OnnxElementType.Float && i.Dimensions.SequenceEqual(shape) && TensorContent.Floats(i).ToArray().All(v => v >= low && v <= high));
        if (same.Count > 0 && Chance(0.3))
        {
            var known = Pick(same);
            return Chance(0.5) ? known.Name! : Hold(OnnxTensor.OfRaw(Name("copy"), known.ElementType, known.Dimensions, TensorContent.Bytes(known)));
        }

        return Hold(OnnxTensor.Of<float>(Name("w"), OnnxElementType.Float, shape, Numbers(shape, low, high)));
    }

    private string Scalar(float value) => Hold(OnnxTensor.Of(Name("s"), OnnxElementType.Float, Chance(0.8) ? [] : [1], [value]));

    private string Integers(params long[] values) => Hold(OnnxTensor.Of<long>(Name("i"), OnnxElementType.Int64, [values.Length], values));

    private string Hold(OnnxTensor tensor)
    {
        if (Chance(0.8))
        {
            _initializers.Add(tensor);
            return tensor.Name!;
        }

        var name = tensor.Name!;
        tensor.Name = null;
        _nodes.Add(new OnnxNode { OpType = "Constant", Outputs = [name], Attributes = [OnnxAttribute.Of("value", tensor)] });
        if (!Chance(0.3))
        {
            return name;
        }

        _nodes.Add(new OnnxNode { OpType = "Identity", Inputs = [name], Outputs = [Name("same")] });
        return _nodes[^1].Outputs[0];
    }

    private float[] Numbers(long[] shape, float low, float high)
    {
        var numbers = new float[shape.Aggregate(1L, (product, dimension) => product * dimension)];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = low + (_random.NextSingle() * (high - low));
        }

        return numbers;
    }

    private string Name(string basis) => $"{basis}.{_names++}";

    private bool Chance(double share) => _random.NextDouble() < share;

    private int Extent(int least, int most) => _random.Next(least, most + 1);

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    /// <param name="Shape">With the batch that the model is run with.</param>
    private sealed record Value(string Name, long[] Shape)
    {
        public int Rank => Shape.Length;

        public long PerSample => Shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);
    }
}
