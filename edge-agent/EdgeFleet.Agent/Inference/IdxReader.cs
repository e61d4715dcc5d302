using System.Buffers.Binary;
using System.IO.Compression;

namespace EdgeFleet.Agent.Inference;

/// <summary>Reads IDX files of unsigned bytes, plain or gzipped: 00 00 08 rank, one big-endian int32 per dimension, the bytes.</summary>
/// <remarks>Format: Yann LeCun's MNIST page. Strict: nothing may be missing or left over.</remarks>
internal static class IdxReader
{
    /// <summary>Largest file read, unpacked: 512 MiB.</summary>
    public const long MaxBytes = 512L << 20;

    /// <exception cref="InvalidDataException">Not such a file, damaged, of another rank, or too large; names the file.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static (int[] Dimensions, byte[] Data) Read(string path, int rank)
    {
        using var file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        try
        {
            return Read(stream, rank);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{path} is no IDX file of rank {rank}: {e.Message}", e);
        }
    }

    private static (int[] Dimensions, byte[] Data) Read(Stream stream, int rank)
    {
        Span<byte> word = stackalloc byte[4];
        stream.ReadExactly(word);
        if (word[0] != 0 || word[1] != 0 || word[2] != 8 || word[3] != rank)
        {
            throw new InvalidDataException($"it begins with {Convert.ToHexString(word)}, not with 000008{rank:X2}.");
        }

        var dimensions = new int[rank];
        long length = 1;
        for (var i = 0; i < rank; i++)
        {
            stream.ReadExactly(word);
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(word);
            length = dimensions[i] > 0 ? length * dimensions[i] : 0;
            if (length is 0 or > MaxBytes)
            {
                throw new InvalidDataException($"its dimension {i} is {dimensions[i]}; the whole must have between 1 and {MaxBytes} bytes.");
            }
        }

        var data = new byte[length];
        stream.ReadExactly(data);
        return stream.ReadByte() < 0 ? (dimensions, data) : throw new InvalidDataException("bytes are left over at its end.");
    }
}
