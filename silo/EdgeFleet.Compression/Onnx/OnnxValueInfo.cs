namespace EdgeFleet.Compression.Onnx;

/// <summary>ValueInfoProto: a value's name and type.</summary>
internal sealed class OnnxValueInfo : OnnxMessage
{
    public string? Name { get; set; }

    public OnnxValueType? Type { get; set; }

    /// <summary>A tensor; a null dimension is free.</summary>
    public static OnnxValueInfo Tensor(string name, OnnxElementType type, IEnumerable<long?> dimensions)
    {
        var shape = new OnnxShape();
        shape.Dimensions.AddRange(dimensions.Select(d => new OnnxDimension { Value = d }));
        return new() { Name = name, Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = (int)type, Shape = shape } } };
    }

    internal static OnnxValueInfo Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var info = new OnnxValueInfo();
        var reader = context.Open(bytes, "ValueInfoProto", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: info.Name = reader.Text(); break;
                case 2: info.Type = OnnxValueType.Read(reader.Bytes(), context, depth + 1); break;
                default: info.Keep(reader.Skip()); break;
            }
        }

        return info;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Text(1, Name);
        writer.Message(2, Type);
    }
}

/// <summary>TypeProto. Types other than tensors are kept without being read.</summary>
internal sealed class OnnxValueType : OnnxMessage
{
    public OnnxTensorType? Tensor { get; set; }

    internal static OnnxValueType Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var type = new OnnxValueType();
        var reader = context.Open(bytes, "TypeProto", depth);
        while (reader.Next(out var field))
        {
            if (field == 1)
            {
                type.Tensor = OnnxTensorType.Read(reader.Bytes(), context, depth + 1);
            }
            else
            {
                type.Keep(reader.Skip());
            }
        }

        return type;
    }

    internal override void Write(ProtoWriter writer) => writer.Message(1, Tensor);
}

/// <summary>TypeProto.Tensor.</summary>
internal sealed class OnnxTensorType : OnnxMessage
{
    public int? ElementType { get; set; }

    /// <summary>Null where not even the rank is known.</summary>
    public OnnxShape? Shape { get; set; }

    internal static OnnxTensorType Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var type = new OnnxTensorType();
        var reader = context.Open(bytes, "TypeProto.Tensor", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: type.ElementType = reader.Int32(); break;
                case 2: type.Shape = OnnxShape.Read(reader.Bytes(), context, depth + 1); break;
                default: type.Keep(reader.Skip()); break;
            }
        }

        return type;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Int64(1, ElementType);
        writer.Message(2, Shape);
    }
}

/// <summary>TensorShapeProto.</summary>
internal sealed class OnnxShape : OnnxMessage
{
    public List<OnnxDimension> Dimensions { get; } = [];

    internal static OnnxShape Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var shape = new OnnxShape();
        var reader = context.Open(bytes, "TensorShapeProto", depth);
        while (reader.Next(out var field))
        {
            if (field == 1)
            {
                shape.Dimensions.Add(OnnxDimension.Read(reader.Bytes(), context, depth + 1));
            }
            else
            {
                shape.Keep(reader.Skip());
            }
        }

        return shape;
    }

    internal override void Write(ProtoWriter writer) => writer.Messages(1, Dimensions);
}

/// <summary>TensorShapeProto.Dimension: fixed, named, or free.</summary>
internal sealed class OnnxDimension : OnnxMessage
{
    public long? Value { get; set; }

    public string? Parameter { get; set; }

    internal static OnnxDimension Read(ReadOnlyMemory<byte> bytes, ProtoReadContext context, int depth)
    {
        var dimension = new OnnxDimension();
        var reader = context.Open(bytes, "TensorShapeProto.Dimension", depth);
        while (reader.Next(out var field))
        {
            switch (field)
            {
                case 1: dimension.Value = reader.Int64(); break;
                case 2: dimension.Parameter = reader.Text(); break;
                default: dimension.Keep(reader.Skip()); break;
            }
        }

        return dimension;
    }

    internal override void Write(ProtoWriter writer)
    {
        writer.Int64(1, Value);
        writer.Text(2, Parameter);
    }
}
