using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// A model of loose float layers, each with inputs of its own, to be fed with what a variant gives to that layer. What it computes
/// is free of the errors of earlier layers.
/// </summary>
internal sealed class LayersAlone
{
    private readonly ModelGraph _original;
    private readonly OnnxGraph _graph = new() { Name = "layers" };
    private readonly Dictionary<string, string> _inputs = [];
    private readonly HashSet<string> _constants = [];
    private readonly string?[] _outputs;

    /// <param name="original">The float model.</param>
    /// <param name="view">The variant, which must have the layers' inputs.</param>
    /// <param name="pairs">Layers; those whose inputs the variant lacks, or that read integers, are left out.</param>
    public LayersAlone(ModelGraph original, VariantView view, IReadOnlyList<LayerPair> pairs)
    {
        _original = original;
        _outputs = new string?[pairs.Count];
        for (var i = 0; i < pairs.Count; i++)
        {
            var produced = pairs[i].Chain.SelectMany(n => n.Outputs).ToHashSet();
            var lengths = pairs[i].Node.Is("LSTM", "GRU") && original.Constant(pairs[i].Node.InputOrEmpty(4)) is null && pairs[i].Node.InputOrEmpty(4).Length > 0;
            var read = pairs[i].Chain.SelectMany(n => n.Inputs).Where(v => v.Length > 0 && !produced.Contains(v) && original.Constant(v) is null);
            if (!lengths && read.All(v => view.Has(v) && !original.IsCaptured(v)))
            {
                Copy(pairs[i], i);
            }
        }
    }

    public bool IsEmpty => _graph.Nodes.Count == 0;

    /// <summary>Values of the float model that the layers read.</summary>
    public IEnumerable<string> Values => _inputs.Keys;

    /// <summary>The output that stands for a layer's result; null where the layer was left out.</summary>
    public string? OutputOf(int pair) => _outputs[pair];

    public byte[] Bytes
    {
        get
        {
            var model = new OnnxModel { IrVersion = _original.Model.IrVersion, Graph = _graph };
            model.Opsets.AddRange(_original.Model.Opsets);
            return model.ToArray();
        }
    }

    /// <summary>What to run it on.</summary>
    /// <param name="value">The variant's tensor of a value of the float model.</param>
    public List<ModelTensor> Inputs(Func<string, ModelTensor> value) => [.. _inputs.Select(i => AsFloat(value(i.Key)) with { Name = i.Value })];

    private void Copy(LayerPair pair, int index)
    {
        var names = new Dictionary<string, string>();
        foreach (var (node, step) in pair.Chain.Select((n, s) => (n, s)))
        {
            var inputs = node.Inputs.ConvertAll(v => v.Length == 0 ? "" : names.TryGetValue(v, out var own) ? own : Constant(v) ?? Input(v));
            foreach (var output in node.Outputs.Where(o => o.Length > 0))
            {
                names[output] = $"edgefleet.alone.{index}.{step}.{names.Count}";
            }

            var outputs = node.Outputs.ConvertAll(o => o.Length == 0 ? "" : names[o]);
            _graph.Nodes.Add(new OnnxNode { OpType = node.OpType, Name = outputs.Find(o => o.Length > 0), Inputs = inputs, Outputs = outputs, Attributes = node.Attributes });
        }

        _outputs[index] = names[pair.Value];
        _graph.Outputs.Add(new OnnxValueInfo { Name = names[pair.Value] });
    }

    private string? Constant(string value)
    {
        if (!_original.TryConstant(value, out var tensor))
        {
            return null;
        }

        if (_constants.Add(value))
        {
            _graph.Initializers.Add(tensor);
        }

        return value;
    }

    private string Input(string value)
    {
        if (!_inputs.TryGetValue(value, out var name))
        {
            _inputs[value] = name = $"edgefleet.alone.input.{_inputs.Count}";
            _graph.Inputs.Add(new OnnxValueInfo { Name = name, Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = (int)OnnxElementType.Float } } });
        }

        return name;
    }

    private static ModelTensor AsFloat(ModelTensor tensor) =>
        tensor.ElementType == OnnxElementType.Float || !SampleRuns.TryFloats(tensor, out var values) ? tensor : ModelTensor.OfFloats(tensor.Name, tensor.Dimensions, values);
}
