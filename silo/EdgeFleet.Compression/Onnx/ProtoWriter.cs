using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Writes protobuf messages. Large byte fields are referred to, and copied once, at the end.</summary>
/// <remarks>Fields come out by ascending number, unknown ones among them, as protobuf's own writers do it: what such a writer wrote and nobody changed comes out byte for byte.</remarks>
internal sealed class ProtoWriter
{
    private const int ReferenceFrom = 4096;

    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private readonly Stack<(IEnumerator<UnknownField> Unknown, bool More)> _frames = new();
    private readonly List<byte> _chunk = [];
    private long _length;

    /// <exception cref="OnnxFormatException">The message is larger than protobuf allows.</exception>
    public static byte[] ToArray(OnnxMessage message)
    {
        var writer = Written(message);
        var bytes = GC.AllocateUninitializedArray<byte>(writer.CheckedLength());
        var position = 0;
        foreach (var part in writer._parts)
        {
            part.Span.CopyTo(bytes.AsSpan(position));
            position += part.Length;
        }

        return bytes;
    }

    /// <summary>The message's bytes, counted without being put together.</summary>
    public static long LengthOf(OnnxMessage message) => Written(message)._length;

    /// <summary>Writes the message to a stream; large fields go there straight from where they lie.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="message">What.</param>
    /// <param name="write">Writes one piece to it; null writes it as it is.</param>
    /// <exception cref="OnnxFormatException">The message is larger than protobuf allows.</exception>
    public static void WriteTo(Stream stream, OnnxMessage message, Action<ReadOnlyMemory<byte>>? write = null)
    {
        var writer = Written(message);
        writer.CheckedLength();
        foreach (var part in writer._parts)
        {
            if (write is null)
            {
                stream.Write(part.Span);
            }
            else
            {
                write(part);
            }
        }
    }

    private static ProtoWriter Written(OnnxMessage message)
    {
        var writer = new ProtoWriter();
        writer.Body(message);
        writer.Flush();
        return writer;
    }

    private int CheckedLength() => _length <= OnnxLimits.FileBytes
        ? (int)_length
        : throw new OnnxFormatException($"The model would take {_length} bytes; protobuf ends at {OnnxLimits.FileBytes}.");

    public void Int64(int field, long? value)
    {
        if (value is { } number)
        {
            Tag(field, WireType.Varint);
            Varint((ulong)number);
        }
    }

    public void Int64s(int field, List<long> values)
    {
        foreach (var value in values)
        {
            Int64(field, value);
        }
    }

    public void Float(int field, float? value)
    {
        if (value is { } number)
        {
            Tag(field, WireType.Fixed32);
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
            Add(bytes);
        }
    }

    public void Floats(int field, List<float> values)
    {
        foreach (var value in values)
        {
            Float(field, value);
        }
    }

    public void Text(int field, string? value)
    {
        if (value is not null)
        {
            Bytes(field, Encoding.UTF8.GetBytes(value));
        }
    }

    public void Texts(int field, List<string> values)
    {
        foreach (var value in values)
        {
            Text(field, value);
        }
    }

    public void Bytes(int field, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } bytes)
        {
            return;
        }

        Tag(field, WireType.Length);
        Varint((ulong)bytes.Length);
        if (bytes.Length >= ReferenceFrom)
        {
            Flush();
            _parts.Add(bytes);
            _length += bytes.Length;
        }
        else
        {
            Add(bytes.Span);
        }
    }

    public void Message(int field, OnnxMessage? message)
    {
        if (message is null)
        {
            return;
        }

        Tag(field, WireType.Length);
        Flush();
        var place = _parts.Count;
        _parts.Add(default);
        var start = _length;
        Body(message);
        Flush();
        var size = _length - start;
        Varint((ulong)size);
        _parts[place] = _chunk.ToArray();
        _length += _chunk.Count;
        _chunk.Clear();
    }

    public void Messages<T>(int field, List<T> messages)
        where T : OnnxMessage
    {
        foreach (var message in messages)
        {
            Message(field, message);
        }
    }

    private void Body(OnnxMessage message)
    {
        var unknown = message.Unknown.OrderBy(f => f.Number).GetEnumerator();
        _frames.Push((unknown, unknown.MoveNext()));
        message.Write(this);
        UnknownBelow(int.MaxValue);
        _frames.Pop().Unknown.Dispose();
    }

    private void Tag(int field, WireType wire)
    {
        UnknownBelow(field);
        Varint(((ulong)field << 3) | (ulong)wire);
    }

    private void UnknownBelow(int field)
    {
        var frame = _frames.Peek();
        if (!frame.More || frame.Unknown.Current.Number >= field)
        {
            return;
        }

        _frames.Pop();
        while (frame.More && frame.Unknown.Current.Number < field)
        {
            Add(frame.Unknown.Current.Bytes.Span);
            frame.More = frame.Unknown.MoveNext();
        }

        _frames.Push(frame);
    }

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _chunk.Add((byte)(value | 0x80));
            value >>= 7;
        }

        _chunk.Add((byte)value);
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        var start = _chunk.Count;
        CollectionsMarshal.SetCount(_chunk, start + bytes.Length);
        bytes.CopyTo(CollectionsMarshal.AsSpan(_chunk)[start..]);
    }

    private void Flush()
    {
        if (_chunk.Count > 0)
        {
            _parts.Add(_chunk.ToArray());
            _length += _chunk.Count;
            _chunk.Clear();
        }
    }
}
