namespace EdgeFleet.Compression.Onnx;

/// <summary>GraphProto.</summary>
internal sealed class OnnxGraph : OnnxMessage
{
    public List<OnnxNode> Nodes { get; } = [];

    public string? Name { get; set; }

    public List<OnnxTensor> Initializers { get; } = [];

    public List<OnnxValueInfo> Inputs { get; } = [];

    public List<OnnxValueInfo> Outputs { get; } = [];

    public List<OnnxValueInfo> ValueInfos { get; } = [];

    /// <summary>True where the graph has initializers in sparse form, which the engine does not interpret.</summary>
    public bool HasSparseInitializers => Unknown.Any(f => f.Number == 15);

    internal static OnnxGraph Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var graph = new OnnxGraph();
        var reader = context.Open(bytes, "GraphProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: graph.Nodes.Add(OnnxNode.Read(reader.Bytes(), context, depth + 1)); break;
                case 2: graph.Name = reader.Text(); break;
                case 5: graph.Initializers.Add(OnnxTensor.Read(reader.Bytes(), context, depth + 1)); break;
                case 11: graph.Inputs.Add(OnnxValueInfo.Read(reader.Bytes(), context, depth + 1)); break;
                case 12: graph.Outputs.Add(OnnxValueInfo.Read(reader.Bytes(), context, depth + 1)); break;
                case 13: graph.ValueInfos.Add(OnnxValueInfo.Read(reader.Bytes(), context, depth + 1)); break;
                default: graph.Keep(reader.Skip()); break;
            }
        }

        return graph;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Messages(1, Nodes);
        writer.Text(2, Name);
        writer.Messages(5, Initializers);
        writer.Messages(11, Inputs);
        writer.Messages(12, Outputs);
        writer.Messages(13, ValueInfos);
    }
}
