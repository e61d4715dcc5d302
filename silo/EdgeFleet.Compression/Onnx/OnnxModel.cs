namespace EdgeFleet.Compression.Onnx;

/// <summary>ModelProto: a graph with the operator sets it is written in.</summary>
internal sealed class OnnxModel : OnnxMessage
{
    public long? IrVersion { get; set; }

    public string? ProducerName { get; set; }

    public string? ProducerVersion { get; set; }

    public string? Domain { get; set; }

    public long? ModelVersion { get; set; }

    public required OnnxGraph Graph { get; set; }

    public List<OnnxOpset> Opsets { get; } = [];

    public List<OnnxEntry> Metadata { get; } = [];

    public List<OnnxFunction> Functions { get; } = [];

    /// <summary>Reads a model; large tensors stay slices of <paramref name="file"/>, which must not change afterwards.</summary>
    /// <exception cref="OnnxFormatException">It is not one; says what is wrong, where.</exception>
    public static OnnxModel Read(ReadOnlyMemory<byte> file)
    {
        if (file.IsEmpty)
        {
            throw new OnnxFormatException("The file is empty; an ONNX model was expected.");
        }

        var context = new ProtoReadContext(file);
        var reader = context.Open(file, "ModelProto", 0);
        OnnxGraph? graph = null;
        var model = new OnnxModel { Graph = new OnnxGraph() };
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: model.IrVersion = reader.Int64(); break;
                case 2: model.ProducerName = reader.Text(); break;
                case 3: model.ProducerVersion = reader.Text(); break;
                case 4: model.Domain = reader.Text(); break;
                case 5: model.ModelVersion = reader.Int64(); break;
                case 7 when graph is not null: throw reader.Error("a second graph begins");
                case 7: graph = OnnxGraph.Read(reader.Bytes(), context, 1); break;
                case 8: model.Opsets.Add(OnnxOpset.Read(reader.Bytes(), context, 1)); break;
                case 14: model.Metadata.Add(OnnxEntry.Read(reader.Bytes(), context, 1)); break;
                case 25: model.Functions.Add(OnnxFunction.Read(reader.Bytes(), context, 1)); break;
                default: model.Keep(reader.Skip()); break;
            }
        }

        model.Graph = graph ?? throw new OnnxFormatException("Not an ONNX model: the file holds no graph.");
        return model.Opsets.Count > 0 || model.Functions.Count > 0
            ? model
            : throw new OnnxFormatException("Not an ONNX model: it names no operator set (opset_import).");
    }

    /// <summary>The model's bytes; the same model gives the same bytes.</summary>
    public byte[] ToArray() => ProtoWriter.ToArray(this);

    /// <summary>Version of an operator set, or null where it is not imported. <c>ai.onnx</c> is the empty domain.</summary>
    public long? OpsetOf(string domain)
    {
        var key = OnnxOpset.Normalize(domain);
        return Opsets.Find(o => OnnxOpset.Normalize(o.Domain) == key)?.Version;
    }

    /// <summary>Declares an operator set, or changes its version.</summary>
    public void SetOpset(string domain, long version)
    {
        var key = OnnxOpset.Normalize(domain);
        var opset = Opsets.Find(o => OnnxOpset.Normalize(o.Domain) == key);
        if (opset is null)
        {
            Opsets.Add(opset = new OnnxOpset { Domain = key });
        }

        opset.Version = version;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Int64(1, IrVersion);
        writer.Text(2, ProducerName);
        writer.Text(3, ProducerVersion);
        writer.Text(4, Domain);
        writer.Int64(5, ModelVersion);
        writer.Message(7, Graph);
        writer.Messages(8, Opsets);
        writer.Messages(14, Metadata);
        writer.Messages(25, Functions);
    }
}
