using System.Buffers.Binary;

namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>What a JPEG (ISO 10918-1) says of itself before anything is decoded.</summary>
/// <param name="Width">At least 1.</param>
/// <param name="Height">At least 1.</param>
/// <param name="Components">1 gray or 3 colours.</param>
internal sealed record JpegHeader(int Width, int Height, int Components)
{
    /// <summary>A progressive file has about ten; each goes through the whole picture again.</summary>
    private const int MostScans = 100;

    /// <summary>Every block takes a code, which has at least one bit.</summary>
    private const int BlocksPerByte = 8;

    private const byte Huffman = 0xC4, Extension = 0xC8, Arithmetic = 0xCC, FirstRestart = 0xD0, End = 0xD9, Scan = 0xDA;

    /// <summary>Goes from marker to marker to the end of the file.</summary>
    /// <exception cref="CalibrationDataException">A kind of JPEG that is not read, or one that claims more pixels than are read, or than its bytes can hold.</exception>
    public static JpegHeader Read(ReadOnlySpan<byte> file, string name)
    {
        JpegHeader? header = null;
        var scans = 0;
        for (var rest = file[2..]; Next(ref rest) is { } marker && marker != End;)
        {
            var length = rest.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (length < 2 || length > rest.Length)
            {
                throw Error(name, $"a segment claims {length} bytes where {rest.Length} remain");
            }

            if (marker is >= 0xC0 and <= 0xCF and not (Huffman or Extension or Arithmetic))
            {
                header ??= Frame(marker, rest[2..length], file.Length, name);
            }

            scans += marker == Scan ? 1 : 0;
            rest = rest[length..];
        }

        return header is null ? throw Error(name, "it has no header")
            : scans <= MostScans ? header
            : throw Error(name, $"it has {scans} scans, more than {MostScans}");
    }

    public static CalibrationDataException Error(string name, string what, Exception? cause = null) => new($"{name} is not a readable JPEG: {what}.", name, cause);

    /// <summary>Steps behind the next marker that begins a segment; bytes before it are a scan's.</summary>
    /// <returns>Null where there is none.</returns>
    private static byte? Next(ref ReadOnlySpan<byte> rest)
    {
        while (rest.IndexOf((byte)0xFF) is >= 0 and var at && at + 1 < rest.Length)
        {
            var marker = rest[at + 1];
            rest = rest[(marker == 0xFF ? at + 1 : at + 2)..];
            if (marker is not (0 or 1 or 0xFF or (>= FirstRestart and < End)))
            {
                return marker;
            }
        }

        return null;
    }

    private static JpegHeader Frame(byte marker, ReadOnlySpan<byte> content, int fileBytes, string name)
    {
        if (content.Length < 6 || content.Length != 6 + (3 * content[5]))
        {
            throw Error(name, $"its header has {content.Length} bytes");
        }

        if (marker > 0xC2 || content[0] != 8)
        {
            throw Error(name, $"only baseline and progressive ones of 8 bits are read, and this has process {marker - 0xC0} and {content[0]} bits; save it again as one of those");
        }

        var header = new JpegHeader(BinaryPrimitives.ReadUInt16BigEndian(content[3..]), BinaryPrimitives.ReadUInt16BigEndian(content[1..]), content[5]);
        RasterImage.CheckSize(header.Width, header.Height, name);
        if (header.Components is not (1 or 3))
        {
            throw Error(name, $"it has {header.Components} components{(header.Components == 4 ? " (CMYK)" : "")}; gray and colours of 3 are read");
        }

        return header.Blocks(content[6..], name) <= (long)fileBytes * BlocksPerByte ? header
            : throw Error(name, $"its header claims {header.Width} x {header.Height} pixels, which its {fileBytes} bytes cannot hold");
    }

    /// <summary>Blocks of 8 x 8 of all components.</summary>
    private long Blocks(ReadOnlySpan<byte> components, string name)
    {
        Span<int> across = stackalloc int[Components], down = stackalloc int[Components];
        var (mostAcross, mostDown) = (0, 0);
        for (var i = 0; i < Components; i++)
        {
            var sampling = components[(i * 3) + 1];
            (across[i], down[i]) = (sampling >> 4, sampling & 15);
            if (across[i] is < 1 or > 4 || down[i] is < 1 or > 4)
            {
                throw Error(name, $"a component has sampling factors {across[i]} and {down[i]}");
            }

            (mostAcross, mostDown) = (Math.Max(mostAcross, across[i]), Math.Max(mostDown, down[i]));
        }

        var blocks = 0L;
        for (var i = 0; i < Components; i++)
        {
            blocks += (long)Divide(Width * across[i], mostAcross * 8) * Divide(Height * down[i], mostDown * 8);
        }

        return blocks;
    }

    private static int Divide(int value, int by) => (value + by - 1) / by;
}
