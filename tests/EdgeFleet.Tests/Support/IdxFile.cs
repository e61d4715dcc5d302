using System.Buffers.Binary;
using System.IO.Compression;

namespace EdgeFleet.Tests.Support;

/// <summary>Reads IDX files of bytes (images, labels), gzip or plain, for tests that need the pictures and not the product's reader.</summary>
internal sealed record IdxFile(int[] Dimensions, byte[] Data)
{
    public static IdxFile Read(string path)
    {
        using var file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var header = new byte[4];
        stream.ReadExactly(header);
        if (header is not [0, 0, 8, _])
        {
            throw new InvalidDataException($"{path} is no IDX file of bytes.");
        }

        var dimensions = new int[header[3]];
        for (var i = 0; i < dimensions.Length; i++)
        {
            stream.ReadExactly(header);
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(header);
        }

        var data = new byte[dimensions.Aggregate(1, (a, b) => a * b)];
        stream.ReadExactly(data);
        return new IdxFile(dimensions, data);
    }
}
