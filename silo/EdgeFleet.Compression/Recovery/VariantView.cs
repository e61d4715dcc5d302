using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Recovery;

/// <summary>Finds the values of a float model in a variant of it.</summary>
/// <param name="graph">The variant; not changed.</param>
/// <param name="originalNames">From names in the variant to those of the float model, where they differ.</param>
internal sealed class VariantView(ModelGraph graph, IReadOnlyDictionary<string, string>? originalNames)
{
    private readonly Dictionary<string, string> _names = Inverse(originalNames);
    private readonly Dictionary<string, string> _readings = [];
    private readonly List<OnnxNode> _readers = [];

    public ModelGraph Graph => graph;

    /// <summary>The variant's name of a value of the float model.</summary>
    public string NameOf(string value) => _names.GetValueOrDefault(value, value);

    public bool Has(string value) => NameOf(value) is var name && (graph.Producer(name) is not null || graph.IsInput(name));

    /// <summary>True where the variant holds the value in integers.</summary>
    public bool IsQuantized(string value) => Quantizer(NameOf(value)) is not null
        || (graph.Producer(NameOf(value)) is { } producer && producer.Is("DequantizeLinear"));

    /// <summary>
    /// A name that gives the value as others in the variant read it: dequantized where it is quantized. A dequantizer of its own
    /// leaves the runtime free to fuse the others.
    /// </summary>
    public string Reading(string value)
    {
        var name = NameOf(value);
        if (Quantizer(name) is not { } quantizer)
        {
            return name;
        }

        if (!_readings.TryGetValue(name, out var reading))
        {
            _readings[name] = reading = $"edgefleet.reading.{_readers.Count}";
            _readers.Add(new OnnxNode
            {
                OpType = "DequantizeLinear",
                Domain = quantizer.Domain,
                Name = reading,
                Inputs = [quantizer.Outputs[0], .. quantizer.Inputs.Skip(1)],
                Outputs = [reading],
            });
        }

        return reading;
    }

    /// <summary>The variant with these readings as outputs beside its own.</summary>
    public byte[] WithReadings(IEnumerable<string> readings) => WithOutputs.Bytes(graph, readings.Where(r => !graph.IsInput(r)), _readers);

    private OnnxNode? Quantizer(string name) =>
        graph.Consumers(name).FirstOrDefault(n => n.OpType == "QuantizeLinear" && n.Inputs[0] == name && n.Attribute("axis") is null);

    private static Dictionary<string, string> Inverse(IReadOnlyDictionary<string, string>? originalNames)
    {
        var names = new Dictionary<string, string>();
        foreach (var (name, original) in originalNames ?? new Dictionary<string, string>())
        {
            names[original] = name;
        }

        return names;
    }
}
