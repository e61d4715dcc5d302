using System.Buffers.Binary;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Writes protobuf from its end to its beginning, so that every length is known when it is written. Drops what no longer fits.</summary>
internal sealed class ReverseWriter
{
    private readonly byte[] _buffer = new byte[1 << 18];
    private int _start;

    public int Start => _start;

    /// <summary>What was written; valid until the next <see cref="Clear"/>.</summary>
    public Memory<byte> Written => _buffer.AsMemory(_start);

    public int Room => _start - 32;

    public void Clear() => _start = _buffer.Length;

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= Room)
        {
            _start -= bytes.Length;
            bytes.CopyTo(_buffer.AsSpan(_start));
        }
    }

    public void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var length = 0;
        do
        {
            bytes[length++] = (byte)(value >= 0x80 ? value | 0x80 : value);
            value >>= 7;
        }
        while (value > 0);
        Bytes(bytes[..length]);
    }

    public void Tag(int number, int wire) => Varint(((ulong)(uint)number << 3) | (uint)wire);

    /// <summary>Puts length and tag before everything written since <paramref name="end"/>.</summary>
    public void Close(int number, int end)
    {
        Varint((ulong)(end - _start));
        Tag(number, 2);
    }

    public void Text(int number, ReadOnlySpan<byte> text)
    {
        var end = _start;
        Bytes(text);
        Close(number, end);
    }

    public void Fixed(ulong value, int width)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Bytes(bytes[..width]);
    }
}
