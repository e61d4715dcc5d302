using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Onnx;

/// <summary>TensorProto: constant data. Its content lies in one of several fields, or in another file.</summary>
internal sealed class OnnxTensor : OnnxMessage
{
    public List<long> Dimensions { get; init; } = [];

    public OnnxElementType ElementType { get; set; }

    public string? Name { get; set; }

    /// <summary>Row-major little-endian elements; null where another field holds them.</summary>
    public ReadOnlyMemory<byte>? RawData { get; set; }

    /// <summary>Elements as packed protobuf numbers, by field: 4 float, 5 int32, 7 int64, 10 double, 11 uint64.</summary>
    public List<(int Field, ReadOnlyMemory<byte> Packed)> TypedData { get; } = [];

    public List<ReadOnlyMemory<byte>> StringData { get; } = [];

    /// <summary>location, offset, length, checksum of external data.</summary>
    public List<OnnxEntry> ExternalData { get; } = [];

    /// <summary>1 where the content is in another file.</summary>
    public int? DataLocation { get; set; }

    public bool IsExternal => DataLocation == 1;

    /// <summary>Number of elements: the product of the dimensions; 1 for a scalar.</summary>
    /// <exception cref="OnnxFormatException">A dimension is negative, or the product is beyond 2^63.</exception>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var dimension in Dimensions)
            {
                if (dimension < 0 || (dimension > 0 && count > long.MaxValue / dimension))
                {
                    throw new OnnxFormatException($"Tensor '{Name}' has impossible dimensions [{string.Join(", ", Dimensions)}].", Name);
                }

                count *= dimension;
            }

            return count;
        }
    }

    public static OnnxTensor Of<T>(string name, OnnxElementType type, IEnumerable<long> dimensions, ReadOnlySpan<T> values)
        where T : unmanaged => OfRaw(name, type, dimensions, MemoryMarshal.AsBytes(values).ToArray());

    public static OnnxTensor OfRaw(string name, OnnxElementType type, IEnumerable<long> dimensions, ReadOnlyMemory<byte> raw) =>
        new() { Name = name, ElementType = type, Dimensions = [.. dimensions], RawData = raw };

    internal static OnnxTensor Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var tensor = new OnnxTensor();
        var reader = context.Open(bytes, "TensorProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: reader.Int64s(tensor.Dimensions); break;
                case 2: tensor.ElementType = (OnnxElementType)reader.Int32(); break;
                case 4: tensor.Add(4, reader.Packed(4), context); break;
                case 5: tensor.Add(5, reader.Packed(0), context); break;
                case 6:
                    context.CountObject("TensorProto");
                    tensor.StringData.Add(reader.Bytes());
                    break;
                case 7: tensor.Add(7, reader.Packed(0), context); break;
                case 8: tensor.Name = reader.Text(); break;
                case 9: tensor.RawData = reader.Bytes(); break;
                case 10: tensor.Add(10, reader.Packed(8), context); break;
                case 11: tensor.Add(11, reader.Packed(0), context); break;
                case 13: tensor.ExternalData.Add(OnnxEntry.Read(reader.Bytes(), context, depth + 1)); break;
                case 14: tensor.DataLocation = reader.Int32(); break;
                default: tensor.Keep(reader.Skip()); break;
            }
        }

        return tensor;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Int64s(1, Dimensions);
        writer.Int64(2, ElementType == OnnxElementType.Undefined ? null : (long)ElementType);
        WriteTyped(writer, 4);
        WriteTyped(writer, 5);
        foreach (var text in StringData)
        {
            writer.Bytes(6, text);
        }

        WriteTyped(writer, 7);
        writer.Text(8, Name);
        writer.Bytes(9, RawData);
        WriteTyped(writer, 10);
        WriteTyped(writer, 11);
        writer.Messages(13, ExternalData);
        writer.Int64(14, DataLocation);
    }

    private void Add(int field, ReadOnlyMemory<byte> packed, ProtoReadContext context)
    {
        context.CountObject("TensorProto");
        TypedData.Add((field, packed));
    }

    private void WriteTyped(ProtoWriter writer, int field)
    {
        var packed = TensorContent.Joined(this, field);
        if (packed.Length > 0)
        {
            writer.Bytes(field, packed);
        }
    }
}
