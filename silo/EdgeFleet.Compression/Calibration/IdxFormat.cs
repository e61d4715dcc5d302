using System.Buffers.Binary;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>IDX, the format of MNIST: 00 00, type, number of dimensions, big-endian dimensions, big-endian elements row by row.</summary>
internal static class IdxFormat
{
    public static SampleArray Read(ReadOnlyMemory<byte> content, string name)
    {
        var span = content.Span;
        var type = span[2] switch
        {
            0x08 => OnnxElementType.UInt8,
            0x09 => OnnxElementType.Int8,
            0x0B => OnnxElementType.Int16,
            0x0C => OnnxElementType.Int32,
            0x0D => OnnxElementType.Float,
            0x0E => OnnxElementType.Double,
            _ => throw new CalibrationDataException($"{name}: IDX type {span[2]:X2} is unknown.", name),
        };
        var rank = span[3];
        if (rank is 0 or > 8 || span.Length < 4 + (rank * 4))
        {
            throw new CalibrationDataException($"{name}: an IDX file of {rank} dimensions cannot be {span.Length} bytes long.", name);
        }

        var dimensions = new long[rank];
        for (var i = 0; i < rank; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadUInt32BigEndian(span[(4 + (i * 4))..]);
            if (dimensions[i] > int.MaxValue)
            {
                throw new CalibrationDataException($"{name}: an IDX dimension of {dimensions[i]} is more than any file holds.", name);
            }
        }

        var array = new SampleArray(type, dimensions, content[(4 + (rank * 4))..]).Checked(name);
        var width = OnnxElementTypes.BitsOf(type) / 8;
        return width == 1 ? array : array with { Data = Reversed(array.Data.Span, width) };
    }

    private static byte[] Reversed(ReadOnlySpan<byte> bigEndian, int width)
    {
        var bytes = bigEndian.ToArray();
        for (var i = 0; i < bytes.Length; i += width)
        {
            bytes.AsSpan(i, width).Reverse();
        }

        return bytes;
    }
}
