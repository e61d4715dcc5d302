using System.Buffers.Binary;
using System.IO.Compression;

namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>
/// PNG (ISO 15948): every colour type and depth, interlaced or not. 16 bits are cut to the upper 8, alpha is dropped, and chunks that
/// only describe (gamma, profiles, text) are stepped over. Checksums of chunks are not checked; that of the pixels is.
/// </summary>
internal static class PngDecoder
{
    private const int Gray = 0, Color = 2, Palette = 3, GrayAlpha = 4, ColorAlpha = 6;

    /// <summary>Deflate makes at most 258 bytes of two bits.</summary>
    private const int MostExpansion = 1032;

    /// <summary>Adam7: first column, first row, column step, row step of each pass.</summary>
    private static readonly (int X, int Y, int StepX, int StepY)[] s_passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <exception cref="CalibrationDataException">Not a PNG, or damaged.</exception>
    public static RasterImage Decode(ReadOnlyMemory<byte> file, string name)
    {
        var (header, palette, data) = Chunks(file, name);
        if ((long)header.Width * header.Height * header.Depth * header.Samples / 8 > (data.LongLength + 1) * MostExpansion)
        {
            throw Error(name, $"its header claims {header.Width} x {header.Height} pixels, which its {data.Length} bytes of data cannot hold");
        }

        var channels = header.ColorType is Gray or GrayAlpha ? 1 : 3;
        var image = new RasterImage(header.Width, header.Height, channels, new byte[checked(header.Width * header.Height * channels)]);
        using var packed = new MemoryStream(data, writable: false);
        using var unpacked = new ZLibStream(packed, CompressionMode.Decompress);
        try
        {
            foreach (var pass in header.Interlaced ? s_passes : [(0, 0, 1, 1)])
            {
                Pass(unpacked, header, palette, image, pass, name);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Error(name, "its pixels are damaged or end early", e);
        }

        return image;
    }

    private static (Header Header, byte[] Palette, byte[] Data) Chunks(ReadOnlyMemory<byte> file, string name)
    {
        if (!file.Span.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]))
        {
            throw Error(name, "its signature is damaged");
        }

        Header? header = null;
        byte[] palette = [];
        using var data = new MemoryStream();
        for (var position = 8; ;)
        {
            if (file.Length - position < 12)
            {
                throw Error(name, "it ends before its last chunk");
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(file.Span[position..]);
            var type = file.Span.Slice(position + 4, 4);
            if (length > file.Length - position - 12)
            {
                throw Error(name, $"a chunk claims {length} bytes where {file.Length - position - 12} remain");
            }

            var content = file.Span.Slice(position + 8, (int)length);
            position += 12 + (int)length;
            if (type.SequenceEqual("IHDR"u8) && header is null)
            {
                header = Header.Read(content, name);
            }
            else if (header is null)
            {
                throw Error(name, "it does not begin with a header");
            }
            else if (type.SequenceEqual("PLTE"u8))
            {
                palette = length is > 0 and <= 768 && length % 3 == 0 ? content.ToArray() : throw Error(name, $"its palette has {length} bytes");
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                data.Write(content);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                return header.ColorType != Palette || palette.Length > 0 ? (header, palette, data.ToArray()) : throw Error(name, "its palette is missing");
            }
            else if ((type[0] & 0x20) == 0)
            {
                throw Error(name, $"it needs chunk '{System.Text.Encoding.Latin1.GetString(type)}', which is unknown");
            }
        }
    }

    private static void Pass(Stream stream, Header header, byte[] palette, RasterImage image, (int X, int Y, int StepX, int StepY) pass, string name)
    {
        var width = (header.Width - pass.X + pass.StepX - 1) / pass.StepX;
        if (width <= 0)
        {
            return;
        }

        var bits = header.Depth * header.Samples;
        var step = Math.Max(1, bits / 8);
        var row = new byte[((width * (long)bits) + 7) / 8];
        var above = new byte[row.Length];
        for (var y = pass.Y; y < header.Height; y += pass.StepY)
        {
            var filter = stream.ReadByte();
            stream.ReadExactly(row);
            Unfilter(filter, row, above, step, name);
            for (var i = 0; i < width; i++)
            {
                Put(image, (y * image.Width) + pass.X + (i * pass.StepX), header, palette, row, i, name);
            }

            (row, above) = (above, row);
        }
    }

    private static void Unfilter(int filter, byte[] row, byte[] above, int step, string name)
    {
        if (filter is < 0 or > 4)
        {
            throw Error(name, $"a row has filter {filter}");
        }

        for (var i = 0; i < row.Length && filter > 0; i++)
        {
            int left = i >= step ? row[i - step] : 0, up = above[i], corner = i >= step ? above[i - step] : 0;
            row[i] += (byte)(filter switch
            {
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                _ => Paeth(left, up, corner),
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        var (toLeft, toUp, toCorner) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static void Put(RasterImage image, int pixel, Header header, byte[] palette, byte[] row, int i, string name)
    {
        if (header.ColorType == Palette)
        {
            var entry = Sample(row, i, header.Depth);
            if ((entry * 3) + 2 >= palette.Length)
            {
                throw Error(name, $"a pixel has colour {entry} of a palette of {palette.Length / 3}");
            }

            palette.AsSpan(entry * 3, 3).CopyTo(image.Pixels.AsSpan(pixel * 3));
        }
        else if (header.Depth < 8)
        {
            image.Pixels[pixel] = (byte)(Sample(row, i, header.Depth) * 255 / ((1 << header.Depth) - 1));
        }
        else
        {
            var bytes = header.Depth / 8;
            for (var c = 0; c < image.Channels; c++)
            {
                image.Pixels[(pixel * image.Channels) + c] = row[((i * header.Samples) + c) * bytes];
            }
        }
    }

    private static int Sample(byte[] row, int i, int depth)
    {
        var bit = i * depth;
        return (row[bit / 8] >> (8 - depth - (bit % 8))) & ((1 << depth) - 1);
    }

    private static CalibrationDataException Error(string name, string what, Exception? cause = null) => new($"{name} is not a readable PNG: {what}.", name, cause);

    private sealed record Header(int Width, int Height, int Depth, int ColorType, bool Interlaced)
    {
        public int Samples => ColorType switch { Color => 3, GrayAlpha => 2, ColorAlpha => 4, _ => 1 };

        public static Header Read(ReadOnlySpan<byte> content, string name)
        {
            if (content.Length != 13)
            {
                throw Error(name, $"its header has {content.Length} bytes");
            }

            var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(content), BinaryPrimitives.ReadUInt32BigEndian(content[4..]));
            RasterImage.CheckSize(width, height, name);
            var (depth, type) = (content[8], content[9]);
            var known = type switch
            {
                Gray => depth is 1 or 2 or 4 or 8 or 16,
                Palette => depth is 1 or 2 or 4 or 8,
                Color or GrayAlpha or ColorAlpha => depth is 8 or 16,
                _ => false,
            };
            return known && content[10] == 0 && content[11] == 0 && content[12] <= 1
                ? new((int)width, (int)height, depth, type, content[12] == 1)
                : throw Error(name, $"its header has depth {depth}, colour type {type}, compression {content[10]}, filter {content[11]}, interlace {content[12]}");
        }
    }
}
