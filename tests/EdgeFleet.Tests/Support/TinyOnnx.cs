using System.Buffers.Binary;
using System.Text;

namespace EdgeFleet.Tests.Support;

/// <summary>Writes small ONNX models by hand, byte by byte, so that tests depend on no other part of EdgeFleet that can write them.</summary>
internal sealed class TinyOnnx
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int Int64 = 7;
    public const int String = 8;

    private readonly List<byte[]> nodes = [];
    private readonly List<byte[]> initializers = [];
    private readonly List<byte[]> inputs = [];
    private readonly List<byte[]> outputs = [];
    private readonly List<(string Key, string Value)> metadata = [];
    private readonly int opset;
    private readonly int irVersion;

    public TinyOnnx(int opset = 17, int irVersion = 8)
    {
        this.opset = opset;
        this.irVersion = irVersion;
    }

    public string GraphName { get; set; } = "tiny";

    public string Producer { get; set; } = "edgefleet-tests";

    public string Domain { get; set; } = "";

    public string Description { get; set; } = "";

    public string GraphDescription { get; set; } = "";

    public long ModelVersion { get; set; }

    /// <summary>input → Identity → output, both of one type and shape. A dimension is a long, or a string for a symbol.</summary>
    public static byte[] Identity(int elementType = Float, params object[] dimensions) =>
        new TinyOnnx(elementType >= 17 ? 21 : 17, elementType >= 17 ? 10 : 8)
            .Input("input", elementType, dimensions)
            .Node("Identity", ["input"], ["output"])
            .Output("output", elementType, dimensions)
            .ToBytes();

    /// <summary>logits = input [batch, features] · weights [features, classes]; weights row-major.</summary>
    public static byte[] Linear(int features, int classes, float[] weights) =>
        new TinyOnnx()
            .Input("input", Float, "batch", (long)features)
            .FloatInitializer("weights", weights, features, classes)
            .Node("MatMul", ["input", "weights"], ["logits"])
            .Output("logits", Float, "batch", (long)classes)
            .ToBytes();

    public TinyOnnx Input(string name, int elementType, params object[] dimensions)
    {
        inputs.Add(ValueInfo(name, elementType, dimensions));
        return this;
    }

    public TinyOnnx Output(string name, int elementType, params object[] dimensions)
    {
        outputs.Add(ValueInfo(name, elementType, dimensions));
        return this;
    }

    public TinyOnnx Metadata(string key, string value)
    {
        metadata.Add((key, value));
        return this;
    }

    /// <summary>A node; attributes are made by <see cref="IntAttribute"/> and its like.</summary>
    public TinyOnnx Node(string op, string[] from, string[] to, params byte[][] attributes)
    {
        var node = new Message();
        foreach (var name in from)
        {
            node.Text(1, name);
        }

        foreach (var name in to)
        {
            node.Text(2, name);
        }

        node.Text(3, $"{op}_{nodes.Count}").Text(4, op);
        foreach (var attribute in attributes)
        {
            node.Bytes(5, attribute);
        }

        nodes.Add(node.ToArray());
        return this;
    }

    public TinyOnnx FloatInitializer(string name, float[] values, params long[] dimensions)
    {
        var raw = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * 4), values[i]);
        }

        return RawInitializer(name, Float, raw, dimensions);
    }

    public TinyOnnx RawInitializer(string name, int elementType, byte[] raw, params long[] dimensions)
    {
        initializers.Add(Tensor(name, elementType, dimensions).Bytes(9, raw).ToArray());
        return this;
    }

    /// <summary>An initializer whose bytes lie in another file.</summary>
    public TinyOnnx ExternalInitializer(string name, int elementType, string location, long offset, long length, params long[] dimensions)
    {
        var tensor = Tensor(name, elementType, dimensions);
        foreach (var (key, value) in new[] { ("location", location), ("offset", offset.ToString()), ("length", length.ToString()) })
        {
            tensor.Bytes(13, new Message().Text(1, key).Text(2, value).ToArray());
        }

        initializers.Add(tensor.Number(14, 1).ToArray());
        return this;
    }

    public static byte[] IntAttribute(string name, long value) => new Message().Text(1, name).Number(3, value).Number(20, 2).ToArray();

    public static byte[] IntsAttribute(string name, params long[] values)
    {
        var attribute = new Message().Text(1, name);
        foreach (var value in values)
        {
            attribute.Number(8, value);
        }

        return attribute.Number(20, 7).ToArray();
    }

    public static byte[] GraphAttribute(string name, TinyOnnx graph) =>
        new Message().Text(1, name).Bytes(6, graph.Graph()).Number(20, 5).ToArray();

    public byte[] ToBytes()
    {
        var model = new Message()
            .Number(1, irVersion).Text(2, Producer).Text(4, Domain).Number(5, ModelVersion).Text(6, Description)
            .Bytes(7, Graph())
            .Bytes(8, new Message().Text(1, "").Number(2, opset).ToArray());
        foreach (var (key, value) in metadata)
        {
            model.Bytes(14, new Message().Text(1, key).Text(2, value).ToArray());
        }

        return model.ToArray();
    }

    private byte[] Graph()
    {
        var graph = new Message();
        nodes.ForEach(node => graph.Bytes(1, node));
        graph.Text(2, GraphName);
        initializers.ForEach(tensor => graph.Bytes(5, tensor));
        if (GraphDescription.Length > 0)
        {
            graph.Text(10, GraphDescription);
        }

        inputs.ForEach(value => graph.Bytes(11, value));
        outputs.ForEach(value => graph.Bytes(12, value));
        return graph.ToArray();
    }

    private static Message Tensor(string name, int elementType, long[] dimensions)
    {
        var tensor = new Message();
        foreach (var dimension in dimensions)
        {
            tensor.Number(1, dimension);
        }

        return tensor.Number(2, elementType).Text(8, name);
    }

    private static byte[] ValueInfo(string name, int elementType, object[] dimensions)
    {
        var shape = new Message();
        foreach (var dimension in dimensions)
        {
            shape.Bytes(1, dimension is string symbol
                ? new Message().Text(2, symbol).ToArray()
                : new Message().Number(1, Convert.ToInt64(dimension)).ToArray());
        }

        var tensor = new Message().Number(1, elementType).Bytes(2, shape.ToArray());
        return new Message().Text(1, name).Bytes(2, new Message().Bytes(1, tensor.ToArray()).ToArray()).ToArray();
    }

    /// <summary>A protobuf message under construction.</summary>
    private sealed class Message
    {
        private readonly MemoryStream stream = new();

        public Message Number(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
            return this;
        }

        public Message Bytes(int field, byte[] value)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)value.Length);
            stream.Write(value);
            return this;
        }

        public Message Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public byte[] ToArray() => stream.ToArray();

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
            {
                stream.WriteByte((byte)(value | 0x80));
            }

            stream.WriteByte((byte)value);
        }
    }
}
