namespace EdgeFleet.Compression.Onnx;

/// <summary>FunctionProto: an operator that the model itself defines by other operators.</summary>
internal sealed class OnnxFunction : OnnxMessage
{
    public string? Name { get; set; }

    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    public List<string> AttributeNames { get; } = [];

    public List<OnnxNode> Nodes { get; } = [];

    public List<OnnxOpset> Opsets { get; } = [];

    public string? Domain { get; set; }

    public string? Overload { get; set; }

    public List<OnnxAttribute> Attributes { get; } = [];

    public List<OnnxValueInfo> ValueInfos { get; } = [];

    internal static OnnxFunction Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var function = new OnnxFunction();
        var reader = context.Open(bytes, "FunctionProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: function.Name = reader.Text(); break;
                case 4: function.Inputs.Add(reader.ListedText()); break;
                case 5: function.Outputs.Add(reader.ListedText()); break;
                case 6: function.AttributeNames.Add(reader.ListedText()); break;
                case 7: function.Nodes.Add(OnnxNode.Read(reader.Bytes(), context, depth + 1)); break;
                case 9: function.Opsets.Add(OnnxOpset.Read(reader.Bytes(), context, depth + 1)); break;
                case 10: function.Domain = reader.Text(); break;
                case 11: function.Attributes.Add(OnnxAttribute.Read(reader.Bytes(), context, depth + 1)); break;
                case 13: function.Overload = reader.Text(); break;
                case 12: function.ValueInfos.Add(OnnxValueInfo.Read(reader.Bytes(), context, depth + 1)); break;
                default: function.Keep(reader.Skip()); break;
            }
        }

        return function;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Text(1, Name);
        writer.Texts(4, Inputs);
        writer.Texts(5, Outputs);
        writer.Texts(6, AttributeNames);
        writer.Messages(7, Nodes);
        writer.Messages(9, Opsets);
        writer.Text(10, Domain);
        writer.Messages(11, Attributes);
        writer.Messages(12, ValueInfos);
        writer.Text(13, Overload);
    }
}
