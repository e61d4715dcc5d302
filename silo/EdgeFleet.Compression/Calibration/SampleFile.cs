using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Reads sample and label files: IDX and .npy, each also compressed with gzip. Recognised by content, not by name.</summary>
public static class SampleFile
{
    /// <summary>Bytes of one file after decompression, at most.</summary>
    public const long MostSpooledBytes = 64L << 30;

    /// <summary>Reads samples; the first dimension counts them.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">For messages.</param>
    /// <param name="scaling">How integer values become floats.</param>
    /// <exception cref="CalibrationDataException">Not such a file, or its size is not what its header says.</exception>
    public static SampleSet ReadSamples(ReadOnlyMemory<byte> file, string name, SampleScaling scaling)
    {
        if (scaling.Problem() is { } problem)
        {
            throw new CalibrationDataException(problem, name);
        }

        return StoredArray.Read(SampleStore.Of(file), name).ToSamples(name, scaling);
    }

    /// <summary>Reads class labels: one integer per sample.</summary>
    /// <exception cref="CalibrationDataException">Not such a file, or not one integer per sample.</exception>
    public static IReadOnlyList<int> ReadLabels(ReadOnlyMemory<byte> file, string name)
    {
        var array = StoredArray.Read(SampleStore.Of(file), name);
        var integer = array.ElementType is OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Int16 or OnnxElementType.Int32 or OnnxElementType.Int64;
        if (!integer || array.Dimensions.Count != 1)
        {
            throw new CalibrationDataException(
                $"{name}: labels are one integer per sample; this holds {OnnxElementTypes.NameOf(array.ElementType)} [{string.Join(", ", array.Dimensions)}].", name);
        }

        using var set = array.ToSamples(name, new SampleScaling(1));
        var values = new float[set.Count];
        set.CopyTo(0, set.Count, values);
        return [.. values.Select(v => (int)v)];
    }
}
