using System.Buffers.Binary;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>IDX, the format of MNIST: 00 00, type, number of dimensions, big-endian dimensions, big-endian elements row by row.</summary>
internal static class IdxFormat
{
    public static ArrayHeader ReadHeader(ReadOnlySpan<byte> file, string name)
    {
        var type = file[2] switch
        {
            0x08 => OnnxElementType.UInt8,
            0x09 => OnnxElementType.Int8,
            0x0B => OnnxElementType.Int16,
            0x0C => OnnxElementType.Int32,
            0x0D => OnnxElementType.Float,
            0x0E => OnnxElementType.Double,
            _ => throw new CalibrationDataException($"{name}: IDX type {file[2]:X2} is unknown.", name),
        };
        var rank = file[3];
        if (rank is 0 or > 8 || file.Length < 4 + (rank * 4))
        {
            throw new CalibrationDataException($"{name}: an IDX file of {rank} dimensions cannot be {file.Length} bytes long.", name);
        }

        var dimensions = new long[rank];
        for (var i = 0; i < rank; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadUInt32BigEndian(file[(4 + (i * 4))..]);
            if (dimensions[i] > int.MaxValue)
            {
                throw new CalibrationDataException($"{name}: an IDX dimension of {dimensions[i]} is more than any file holds.", name);
            }
        }

        return new ArrayHeader(type, dimensions, 4 + (rank * 4), IsBigEndian: OnnxElementTypes.BitsOf(type) > 8);
    }
}
