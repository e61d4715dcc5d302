namespace EdgeFleet.Compression.Onnx;

/// <summary>OperatorSetIdProto.</summary>
internal sealed class OnnxOpset : OnnxMessage
{
    public string? Domain { get; set; }

    public long? Version { get; set; }

    /// <summary>The empty domain and <c>ai.onnx</c> are one.</summary>
    public static string Normalize(string? domain) => domain is null or "ai.onnx" ? "" : domain;

    internal static OnnxOpset Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var opset = new OnnxOpset();
        var reader = context.Open(bytes, "OperatorSetIdProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: opset.Domain = reader.Text(); break;
                case 2: opset.Version = reader.Int64(); break;
                default: opset.Keep(reader.Skip()); break;
            }
        }

        return opset;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Text(1, Domain);
        writer.Int64(2, Version);
    }
}

/// <summary>StringStringEntryProto: metadata, and where external data lies.</summary>
internal sealed class OnnxEntry : OnnxMessage
{
    public string? Key { get; set; }

    public string? Value { get; set; }

    internal static OnnxEntry Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var entry = new OnnxEntry();
        var reader = context.Open(bytes, "StringStringEntryProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: entry.Key = reader.Text(); break;
                case 2: entry.Value = reader.LongText(); break;
                default: entry.Keep(reader.Skip()); break;
            }
        }

        return entry;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Text(1, Key);
        writer.Text(2, Value);
    }
}
