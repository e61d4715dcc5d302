namespace EdgeFleet.Compression.Onnx;

/// <summary>NodeProto: one operator.</summary>
internal sealed class OnnxNode : OnnxMessage
{
    /// <summary>Value names; an empty one is an optional input left out.</summary>
    public List<string> Inputs { get; init; } = [];

    /// <summary>Value names; an empty one is an optional output not wanted.</summary>
    public List<string> Outputs { get; init; } = [];

    public string? Name { get; set; }

    public required string OpType { get; set; }

    public string? Domain { get; set; }

    public string? Overload { get; set; }

    public List<OnnxAttribute> Attributes { get; init; } = [];

    /// <summary>True for an operator of ai.onnx of one of these types.</summary>
    public bool Is(params ReadOnlySpan<string> types) => OnnxOpset.Normalize(Domain).Length == 0 && types.Contains(OpType);

    /// <summary>How messages name it.</summary>
    public string Label => string.IsNullOrEmpty(Name)
        ? $"{OpType} node producing '{(Outputs.Count > 0 ? Outputs[0] : "")}'"
        : $"{OpType} node '{Name}'";

    /// <summary>The input's name, or an empty one where it is left out.</summary>
    public string InputOrEmpty(int index) => index < Inputs.Count ? Inputs[index] : "";

    public OnnxAttribute? Attribute(string name) => Attributes.Find(a => a.Name == name);

    public long Int(string name, long fallback) => Attribute(name)?.I ?? fallback;

    public float Float(string name, float fallback) => Attribute(name)?.F ?? fallback;

    public List<long>? Ints(string name) => Attribute(name)?.Ints;

    public string Text(string name, string fallback) =>
        Attribute(name)?.S is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes.Span) : fallback;

    public void RemoveAttribute(string name) => Attributes.RemoveAll(a => a.Name == name);

    /// <summary>Graphs within the node: branches and loop bodies.</summary>
    public IEnumerable<OnnxGraph> Subgraphs =>
        Attributes.SelectMany(a => a.G is null ? a.Graphs : a.Graphs.Prepend(a.G));

    internal static OnnxNode Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var node = new OnnxNode { OpType = "" };
        var reader = context.Open(bytes, "NodeProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: node.Inputs.Add(reader.ListedText()); break;
                case 2: node.Outputs.Add(reader.ListedText()); break;
                case 3: node.Name = reader.Text(); break;
                case 4: node.OpType = reader.Text(); break;
                case 5: node.Attributes.Add(OnnxAttribute.Read(reader.Bytes(), context, depth + 1)); break;
                case 7: node.Domain = reader.Text(); break;
                case 8: node.Overload = reader.Text(); break;
                default: node.Keep(reader.Skip()); break;
            }
        }

        return node;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Texts(1, Inputs);
        writer.Texts(2, Outputs);
        writer.Text(3, Name);
        writer.Text(4, OpType);
        writer.Messages(5, Attributes);
        writer.Text(7, Domain);
        writer.Text(8, Overload);
    }
}
