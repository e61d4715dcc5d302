using System.IO.Compression;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>A dense array whose elements, little-endian, lie in memory or in a file.</summary>
internal sealed record StoredArray(OnnxElementType ElementType, IReadOnlyList<long> Dimensions, SampleStore Data)
{
    /// <summary>Reads IDX or .npy, plain or gzip. What has to be unpacked or put into our byte order is spooled.</summary>
    /// <exception cref="CalibrationDataException">Not such a file, or its length is not what its header says.</exception>
    public static StoredArray Read(SampleStore file, string name)
    {
        var beginning = file.Read(0, (int)Math.Min(file.Length, ArrayHeader.MostBytes));
        if (beginning.Span is [0x1F, 0x8B, ..])
        {
            file = Unzip(file, name);
            beginning = file.Read(0, (int)Math.Min(file.Length, ArrayHeader.MostBytes));
        }

        var header = ArrayHeader.Read(beginning.Span, name);
        header.Check(file.Length, name);
        var data = file.From(header.Offset);
        return new(header.ElementType, header.Dimensions, header.IsBigEndian ? Reversed(data, header.ElementBytes, name) : data);
    }

    /// <summary>The array as samples, one per index of the first dimension; a single number is one sample.</summary>
    public SampleSet ToSamples(string name, SampleScaling scaling, string? input = null) => Dimensions.Count > 0 && Dimensions[0] == 0
        ? throw new CalibrationDataException($"{name} holds no samples: its dimensions are [{string.Join(", ", Dimensions)}].", name)
        : new SampleSet(
            name, ElementType, SampleExtents.Uniform([.. Dimensions.Skip(1)], Dimensions.Count == 0 ? 1 : (int)Dimensions[0]), Data, scaling) { InputName = input };

    private static SampleStore Unzip(SampleStore file, string name)
    {
        using var spool = new SampleSpool(name);
        try
        {
            using var packed = new StoreStream(file);
            using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
            spool.Write(unpacked);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new CalibrationDataException($"{name} is damaged: {e.Message}", name, e);
        }

        file.Dispose();
        return spool.ToStore();
    }

    private static SampleStore Reversed(SampleStore bigEndian, int width, string name)
    {
        using var spool = new SampleSpool(name);
        for (var offset = 0L; offset < bigEndian.Length; offset += 1 << 16)
        {
            var bytes = bigEndian.Read(offset, (int)Math.Min(1 << 16, bigEndian.Length - offset)).ToArray();
            for (var i = 0; i < bytes.Length; i += width)
            {
                bytes.AsSpan(i, width).Reverse();
            }

            spool.Write(bytes);
        }

        bigEndian.Dispose();
        return spool.ToStore();
    }
}
