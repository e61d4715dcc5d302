using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>What the beginning of an array file says.</summary>
/// <param name="ElementType">Type of the elements.</param>
/// <param name="Dimensions">None negative.</param>
/// <param name="Offset">Bytes before the elements.</param>
/// <param name="IsBigEndian">True where elements are in the other byte order than ours.</param>
internal sealed record ArrayHeader(OnnxElementType ElementType, IReadOnlyList<long> Dimensions, int Offset, bool IsBigEndian = false)
{
    /// <summary>Most bytes that a header may take: .npy's own bound.</summary>
    public const int MostBytes = (1 << 16) + 12;

    public int ElementBytes => OnnxElementTypes.BitsOf(ElementType) / 8;

    /// <param name="beginning">The first <see cref="MostBytes"/> of the file, or all where it is shorter.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="CalibrationDataException">Neither IDX nor .npy, or damaged.</exception>
    public static ArrayHeader Read(ReadOnlySpan<byte> beginning, string name) => beginning switch
    {
        [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => NpyFormat.ReadHeader(beginning, name),
        [0, 0, _, _, ..] => IdxFormat.ReadHeader(beginning, name),
        _ => throw new CalibrationDataException($"{name} is neither IDX nor .npy, plain or gzip.", name),
    };

    /// <summary>Checks that the file is as long as its dimensions say, and that one sample fits into memory.</summary>
    /// <exception cref="CalibrationDataException">It is not.</exception>
    public void Check(long fileBytes, string name)
    {
        if (Dimensions.Skip(1).Aggregate((double)ElementBytes, (product, dimension) => Math.Max(product * dimension, product)) > int.MaxValue)
        {
            throw new CalibrationDataException($"{name} says that one sample is [{string.Join(", ", Dimensions.Skip(1))}], which is more than memory holds.", name);
        }

        var bytes = Dimensions.Aggregate((double)ElementBytes, (product, dimension) => product * dimension);
        if (bytes != fileBytes - Offset)
        {
            throw new CalibrationDataException(
                $"{name} says that it holds {OnnxElementTypes.NameOf(ElementType)} [{string.Join(", ", Dimensions)}], {bytes} bytes, but has {fileBytes - Offset}.", name);
        }
    }
}
