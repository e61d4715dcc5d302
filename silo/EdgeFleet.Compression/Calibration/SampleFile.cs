using System.IO.Compression;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Reads sample and label files: IDX and .npy, each also compressed with gzip. Recognised by content, not by name.</summary>
public static class SampleFile
{
    /// <summary>Bytes of one file after decompression, at most.</summary>
    public const int MostBytes = 1 << 30;

    /// <summary>Reads samples; the first dimension counts them.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">For messages.</param>
    /// <param name="scaling">How integer values become floats.</param>
    /// <exception cref="CalibrationDataException">Not such a file, or its size is not what its header says.</exception>
    public static SampleSet ReadSamples(ReadOnlyMemory<byte> file, string name, SampleScaling scaling)
    {
        if (!float.IsNormal(scaling.Divisor) || !float.IsNormal(scaling.StdDev) || !float.IsFinite(scaling.Mean))
        {
            throw new CalibrationDataException($"Scaling (value / {scaling.Divisor} - {scaling.Mean}) / {scaling.StdDev} has a divisor that is 0 or not finite.", name);
        }

        var array = ReadArray(file, name);
        if (array.Dimensions.Count == 0 || array.Dimensions[0] == 0)
        {
            throw new CalibrationDataException($"{name} holds no samples: its dimensions are [{string.Join(", ", array.Dimensions)}].", name);
        }

        return new SampleSet(name, array.ElementType, [.. array.Dimensions.Skip(1)], (int)array.Dimensions[0], array.Data, scaling);
    }

    /// <summary>Reads class labels: one integer per sample.</summary>
    /// <exception cref="CalibrationDataException">Not such a file, or not one integer per sample.</exception>
    public static IReadOnlyList<int> ReadLabels(ReadOnlyMemory<byte> file, string name)
    {
        var array = ReadArray(file, name);
        var integer = array.ElementType is OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Int16 or OnnxElementType.Int32 or OnnxElementType.Int64;
        if (!integer || array.Dimensions.Count != 1)
        {
            throw new CalibrationDataException(
                $"{name}: labels are one integer per sample; this holds {OnnxElementTypes.NameOf(array.ElementType)} [{string.Join(", ", array.Dimensions)}].", name);
        }

        var set = new SampleSet(name, array.ElementType, [], (int)array.Dimensions[0], array.Data, new SampleScaling(1));
        var values = new float[set.Count];
        set.CopyTo(0, set.Count, values);
        return [.. values.Select(v => (int)v)];
    }

    internal static SampleArray ReadArray(ReadOnlyMemory<byte> file, string name)
    {
        var content = file.Span is [0x1F, 0x8B, ..] ? Unzip(file, name) : file;
        var span = content.Span;
        return span is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] ? NpyFormat.Read(content, name)
            : span is [0, 0, _, _, ..] ? IdxFormat.Read(content, name)
            : throw new CalibrationDataException($"{name} is neither IDX nor .npy, plain or gzip.", name);
    }

    private static byte[] Unzip(ReadOnlyMemory<byte> file, string name)
    {
        try
        {
            using var packed = new MemoryStream(file.ToArray(), writable: false);
            using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
            using var content = new MemoryStream();
            var chunk = new byte[1 << 16];
            for (int read; (read = unpacked.Read(chunk)) > 0;)
            {
                content.Write(chunk, 0, read);
                if (content.Length > MostBytes)
                {
                    throw new CalibrationDataException($"{name} unpacks to more than {MostBytes} bytes.", name);
                }
            }

            return content.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw new CalibrationDataException($"{name} is damaged: {e.Message}", name, e);
        }
    }
}

/// <summary>A dense array of a file, little-endian.</summary>
internal sealed record SampleArray(OnnxElementType ElementType, IReadOnlyList<long> Dimensions, ReadOnlyMemory<byte> Data)
{
    /// <summary>Checks that the data is what the dimensions say.</summary>
    /// <exception cref="CalibrationDataException">It is not.</exception>
    public SampleArray Checked(string name)
    {
        if (Dimensions.Skip(1).Aggregate(1d, (product, dimension) => Math.Max(product * dimension, product)) > int.MaxValue)
        {
            throw new CalibrationDataException($"{name} says that one sample is [{string.Join(", ", Dimensions.Skip(1))}], which is more than memory holds.", name);
        }

        var bytes = Dimensions.Aggregate(OnnxElementTypes.BitsOf(ElementType) / 8d, (product, dimension) => product * dimension);
        return bytes == Data.Length
            ? this
            : throw new CalibrationDataException(
                $"{name} says that it holds {OnnxElementTypes.NameOf(ElementType)} [{string.Join(", ", Dimensions)}], {bytes} bytes, but has {Data.Length}.", name);
    }
}
