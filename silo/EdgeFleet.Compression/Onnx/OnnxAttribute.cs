using System.Text;

namespace EdgeFleet.Compression.Onnx;

/// <summary>AttributeProto.AttributeType.</summary>
internal enum OnnxAttributeType
{
    Undefined = 0,
    Float = 1,
    Int = 2,
    Text = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Texts = 8,
    Tensors = 9,
    Graphs = 10,
    SparseTensor = 11,
    SparseTensors = 12,
    TypeProto = 13,
    TypeProtos = 14,
}

/// <summary>AttributeProto: a named constant of a node. Sparse tensors and types are kept without being read.</summary>
internal sealed class OnnxAttribute : OnnxMessage
{
    public string? Name { get; set; }

    public OnnxAttributeType? Type { get; set; }

    public float? F { get; set; }

    public long? I { get; set; }

    public ReadOnlyMemory<byte>? S { get; set; }

    public OnnxTensor? T { get; set; }

    public OnnxGraph? G { get; set; }

    public List<float> Floats { get; init; } = [];

    public List<long> Ints { get; init; } = [];

    public List<ReadOnlyMemory<byte>> Strings { get; } = [];

    public List<OnnxTensor> Tensors { get; } = [];

    public List<OnnxGraph> Graphs { get; } = [];

    /// <summary>In a function body: the function's attribute that stands here.</summary>
    public string? RefAttrName { get; set; }

    public static OnnxAttribute Of(string name, long value) => new() { Name = name, Type = OnnxAttributeType.Int, I = value };

    public static OnnxAttribute Of(string name, float value) => new() { Name = name, Type = OnnxAttributeType.Float, F = value };

    public static OnnxAttribute Of(string name, string value) =>
        new() { Name = name, Type = OnnxAttributeType.Text, S = Encoding.UTF8.GetBytes(value) };

    public static OnnxAttribute Of(string name, IEnumerable<long> values) =>
        new() { Name = name, Type = OnnxAttributeType.Ints, Ints = [.. values] };

    public static OnnxAttribute Of(string name, OnnxTensor value) => new() { Name = name, Type = OnnxAttributeType.Tensor, T = value };

    public static OnnxAttribute Of(string name, OnnxGraph value) => new() { Name = name, Type = OnnxAttributeType.Graph, G = value };

    /// <summary>The same value under another name.</summary>
    public OnnxAttribute Renamed(string name)
    {
        var copy = new OnnxAttribute { Name = name, Type = Type, F = F, I = I, S = S, T = T, G = G, Floats = Floats, Ints = Ints };
        copy.Strings.AddRange(Strings);
        copy.Tensors.AddRange(Tensors);
        copy.Graphs.AddRange(Graphs);
        copy.KeepAll(this);
        return copy;
    }

    internal static OnnxAttribute Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var attribute = new OnnxAttribute();
        var reader = context.Open(bytes, "AttributeProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: attribute.Name = reader.Text(); break;
                case 2: attribute.F = reader.Float(); break;
                case 3: attribute.I = reader.Int64(); break;
                case 4: attribute.S = reader.Bytes(); break;
                case 5: attribute.T = OnnxTensor.Read(reader.Bytes(), context, depth + 1); break;
                case 6: attribute.G = OnnxGraph.Read(reader.Bytes(), context, depth + 1); break;
                case 7: reader.Floats(attribute.Floats); break;
                case 8: reader.Int64s(attribute.Ints); break;
                case 9:
                    context.CountObject("AttributeProto");
                    attribute.Strings.Add(reader.Bytes());
                    break;
                case 10: attribute.Tensors.Add(OnnxTensor.Read(reader.Bytes(), context, depth + 1)); break;
                case 11: attribute.Graphs.Add(OnnxGraph.Read(reader.Bytes(), context, depth + 1)); break;
                case 20: attribute.Type = (OnnxAttributeType)reader.Int32(); break;
                case 21: attribute.RefAttrName = reader.Text(); break;
                default: attribute.Keep(reader.Skip()); break;
            }
        }

        return attribute;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Text(1, Name);
        writer.Float(2, F);
        writer.Int64(3, I);
        writer.Bytes(4, S);
        writer.Message(5, T);
        writer.Message(6, G);
        writer.Floats(7, Floats);
        writer.Int64s(8, Ints);
        foreach (var text in Strings)
        {
            writer.Bytes(9, text);
        }

        writer.Messages(10, Tensors);
        writer.Messages(11, Graphs);
        writer.Int64(20, (long?)Type);
        writer.Text(21, RefAttrName);
    }
}
