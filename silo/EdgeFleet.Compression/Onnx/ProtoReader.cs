using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Wire types of protobuf that occur in ONNX.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}

/// <summary>What one file may still cost while it is read.</summary>
internal sealed class ProtoReadContext(ReadOnlyMemory<byte> file)
{
    private int _objects;

    /// <exception cref="OnnxFormatException">The message lies too deep.</exception>
    public ProtoReader Open(ReadOnlyMemory<byte> message, string type, int depth) => depth <= OnnxLimits.Depth
        ? new ProtoReader(message, type, this)
        : throw new OnnxFormatException($"{type} at byte {OffsetOf(message.Span)} is nested more than {OnnxLimits.Depth} levels deep.", type);

    public void CountObject(string type)
    {
        if (++_objects > OnnxLimits.Objects)
        {
            throw new OnnxFormatException($"The file holds more than {OnnxLimits.Objects} objects; the first one too many is in {type}.", type);
        }
    }

    /// <summary>Where a slice of the file begins.</summary>
    public long OffsetOf(ReadOnlySpan<byte> part) =>
        part.IsEmpty || file.IsEmpty ? 0 : Unsafe.ByteOffset(ref MemoryMarshal.GetReference(file.Span), ref MemoryMarshal.GetReference(part));
}

/// <summary>Reads the fields of one protobuf message. Bytes come out as slices of the file, never copies.</summary>
internal ref struct ProtoReader
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _span;
    private readonly string _type;
    private readonly ProtoReadContext _context;
    private int _position;
    private int _fieldStart;
    private int _field;
    private WireType _wire;

    public ProtoReader(ReadOnlyMemory<byte> message, string type, ProtoReadContext context)
    {
        _memory = message;
        _span = message.Span;
        _type = type;
        _context = context;
        context.CountObject(type);
    }

    /// <summary>Steps to the next field; false at the end of the message.</summary>
    public bool Next(out int field)
    {
        if (_position == _span.Length)
        {
            field = 0;
            return false;
        }

        _fieldStart = _position;
        var tag = Varint();
        if (tag > uint.MaxValue || tag >> 3 == 0)
        {
            throw Error($"tag {tag} is not a protobuf field");
        }

        _field = field = (int)(tag >> 3);
        _wire = (WireType)(tag & 7);
        if (_wire is not (WireType.Varint or WireType.Fixed64 or WireType.Length or WireType.Fixed32))
        {
            throw Error($"field {field} has wire type {tag & 7}, which ONNX does not use");
        }

        return true;
    }

    public readonly WireType Wire => _wire;

    public long Int64()
    {
        Expect(WireType.Varint);
        return (long)Varint();
    }

    public int Int32() => unchecked((int)Int64());

    public float Float()
    {
        Expect(WireType.Fixed32);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4).Span);
    }

    public ReadOnlyMemory<byte> Bytes()
    {
        Expect(WireType.Length);
        var length = Varint();
        return length <= (ulong)(_span.Length - _position)
            ? Take((int)length)
            : throw Error($"field {_field} claims {length} bytes where {_span.Length - _position} remain");
    }

    /// <summary>A name or another short text.</summary>
    public string Text()
    {
        var bytes = Bytes();
        if (bytes.Length > OnnxLimits.NameBytes)
        {
            throw Error($"field {_field} is a name of {bytes.Length} bytes; {OnnxLimits.NameBytes} are allowed");
        }

        return Decode(bytes);
    }

    /// <summary>A text of any length, such as a metadata value.</summary>
    public string LongText() => Decode(Bytes());

    private readonly string Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return s_strict.GetString(bytes.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw Error($"field {_field} is not UTF-8 text", e);
        }
    }

    /// <summary>A text in a list: counted against the file's objects.</summary>
    public string ListedText()
    {
        _context.CountObject(_type);
        return Text();
    }

    /// <summary>Adds one or, when packed, all values of a repeated integer field.</summary>
    public void Int64s(List<long> values)
    {
        if (_wire == WireType.Varint)
        {
            values.Add(Int64());
            return;
        }

        var inner = new ProtoReader(Bytes(), _type, _context);
        while (inner._position < inner._span.Length)
        {
            values.Add((long)inner.Varint());
        }
    }

    /// <summary>Adds one or, when packed, all values of a repeated float field.</summary>
    public void Floats(List<float> values)
    {
        if (_wire == WireType.Fixed32)
        {
            values.Add(Float());
            return;
        }

        var bytes = Bytes();
        if (bytes.Length % 4 != 0)
        {
            throw Error($"field {_field} packs floats into {bytes.Length} bytes");
        }

        values.AddRange(MemoryMarshal.Cast<byte, float>(bytes.Span));
    }

    /// <summary>The value of a repeated number field in packed form, whichever way it was written.</summary>
    public ReadOnlyMemory<byte> Packed(int elementBytes)
    {
        switch (_wire)
        {
            case WireType.Length:
                var bytes = Bytes();
                if (elementBytes == 0 && !bytes.IsEmpty && bytes.Span[^1] >= 0x80)
                {
                    throw Error($"the numbers packed into field {_field} end within one");
                }

                return elementBytes == 0 || bytes.Length % elementBytes == 0
                    ? bytes
                    : throw Error($"field {_field} packs {elementBytes}-byte numbers into {bytes.Length} bytes");
            case WireType.Varint when elementBytes == 0:
                var start = _position;
                Varint();
                return _memory[start.._position];
            case WireType.Fixed32 when elementBytes == 4:
            case WireType.Fixed64 when elementBytes == 8:
                return Take(elementBytes);
            default:
                throw Error($"field {_field} has wire type {(int)_wire}");
        }
    }

    /// <summary>Steps over the field and returns it with its tag.</summary>
    public UnknownField Skip()
    {
        switch (_wire)
        {
            case WireType.Varint:
                Varint();
                break;
            case WireType.Length:
                Bytes();
                break;
            default:
                Take(_wire == WireType.Fixed32 ? 4 : 8);
                break;
        }

        _context.CountObject(_type);
        return new UnknownField(_field, _memory[_fieldStart.._position]);
    }

    public readonly OnnxFormatException Error(string what, Exception? cause = null) =>
        new($"Not a readable ONNX file: in {_type} at byte {_context.OffsetOf(_span) + _position}, {what}.", _type, cause);

    private readonly void Expect(WireType wire)
    {
        if (_wire != wire)
        {
            throw Error($"field {_field} has wire type {(int)_wire} where {(int)wire} belongs");
        }
    }

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > _span.Length - _position)
        {
            throw Error($"field {_field} needs {count} bytes where {_span.Length - _position} remain");
        }

        _position += count;
        return _memory.Slice(_position - count, count);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_position == _span.Length)
            {
                throw Error("the file ends within a number");
            }

            var part = _span[_position++];
            if (shift == 63 && part > 1)
            {
                break;
            }

            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw Error("a number has more than 64 bits");
    }
}
