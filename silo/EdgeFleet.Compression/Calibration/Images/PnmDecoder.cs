namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>Netpbm: PGM and PPM, as text (P2, P3) or binary (P5, P6), up to 16 bits, which are scaled to 8.</summary>
internal static class PnmDecoder
{
    /// <exception cref="CalibrationDataException">Not such a file, or damaged.</exception>
    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        var kind = file[1] - '0';
        var position = 2;
        var (width, height, most) = (Number(file, ref position, name), Number(file, ref position, name), Number(file, ref position, name));
        RasterImage.CheckSize(width, height, name);
        if (most is < 1 or > 65535)
        {
            throw Error(name, $"its largest value is {most}");
        }

        var channels = kind is 3 or 6 ? 3 : 1;
        var count = checked(width * height * channels);
        var bytes = most > 255 ? 2 : 1;
        position++;
        if (file.Length - position < (kind > 3 ? (long)count * bytes : (2L * count) - 1))
        {
            throw Error(name, $"{width} x {height} pixels do not fit into its {file.Length} bytes");
        }

        var pixels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            var value = kind <= 3 ? Number(file, ref position, name)
                : bytes == 1 ? file[position + i]
                : (file[position + (2 * i)] << 8) | file[position + (2 * i) + 1];
            pixels[i] = value <= most ? (byte)(((value * 255) + (most / 2)) / most) : throw Error(name, $"a pixel is {value}, above {most}");
        }

        return new(width, height, channels, pixels);
    }

    /// <summary>Reads a number after blanks and comments.</summary>
    private static int Number(ReadOnlySpan<byte> file, ref int position, string name)
    {
        while (position < file.Length && (file[position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'#'))
        {
            if (file[position++] == '#')
            {
                while (position < file.Length && file[position] != '\n')
                {
                    position++;
                }
            }
        }

        var start = position;
        var value = 0;
        while (position < file.Length && file[position] is >= (byte)'0' and <= (byte)'9' && position - start < 8)
        {
            value = (value * 10) + file[position++] - '0';
        }

        return position > start ? value : throw Error(name, $"a number is missing at byte {position}");
    }

    private static CalibrationDataException Error(string name, string what) => new($"{name} is not a readable PGM or PPM: {what}.", name);
}
