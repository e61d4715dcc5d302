namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>A field of a seed with what it contains.</summary>
/// <param name="index">Its place among all fields of the seed, in the order of the file.</param>
/// <param name="parent">Type of the message that it is in.</param>
/// <param name="wire">As it lies in the seed.</param>
/// <param name="rule">As onnx.proto declares it.</param>
/// <param name="children">Fields of a message; empty for anything else.</param>
internal sealed class ProtoField(int index, int parent, WireField wire, FieldRule rule, IReadOnlyList<ProtoField> children)
{
    public int Index { get; } = index;

    public int Parent { get; } = parent;

    public WireField Wire { get; } = wire;

    public FieldRule Rule { get; } = rule;

    public IReadOnlyList<ProtoField> Children { get; } = children;

    public bool IsMessage => Rule.Kind == FieldKind.Message;
}

/// <summary>A valid model, taken apart once, from which mutated ones are written.</summary>
internal sealed class ProtoTree
{
    private readonly List<ProtoField> _fields = [];

    public ProtoTree(byte[] file)
    {
        File = file;
        Roots = Parse(OnnxSchema.Model, 0, file.Length);
        Fields = [.. _fields.OrderBy(f => f.Index)];
        Texts = [.. Fields.Where(f => f.Rule.Kind == FieldKind.Text && f.Parent is OnnxSchema.Node or OnnxSchema.Tensor or OnnxSchema.ValueInfo)];
    }

    public byte[] File { get; }

    public IReadOnlyList<ProtoField> Roots { get; }

    public ProtoField[] Fields { get; }

    /// <summary>Names of values, tensors and operators.</summary>
    public ProtoField[] Texts { get; }

    private List<ProtoField> Parse(int type, int start, int end)
    {
        var fields = new List<ProtoField>();
        foreach (var wire in WireField.All(File, start, end))
        {
            var index = _fields.Count;
            _fields.Add(null!);
            var rule = OnnxSchema.Rule(type, wire.Number);
            var field = new ProtoField(index, type, wire, rule, rule.Kind == FieldKind.Message ? Parse(rule.Type, wire.Start, wire.End) : []);
            _fields[index] = field;
            fields.Add(field);
        }

        return fields;
    }
}
