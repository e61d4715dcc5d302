using System.Buffers.Binary;

namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>Windows bitmaps, not packed: 1, 4 and 8 bits with a palette, 24 and 32 bits blue, green, red; from the bottom or from the top.</summary>
internal static class BmpDecoder
{
    /// <exception cref="CalibrationDataException">Not such a bitmap, or damaged.</exception>
    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 54)
        {
            throw Error(name, $"it has {file.Length} bytes");
        }

        var offset = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        var headerBytes = BinaryPrimitives.ReadUInt32LittleEndian(file[14..]);
        var width = (long)BinaryPrimitives.ReadInt32LittleEndian(file[18..]);
        var height = (long)BinaryPrimitives.ReadInt32LittleEndian(file[22..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[28..]);
        var packing = BinaryPrimitives.ReadUInt32LittleEndian(file[30..]);
        RasterImage.CheckSize(width, Math.Abs(height), name);
        if (headerBytes is < 40 or > 1024 || bits is not (1 or 4 or 8 or 24 or 32) || !(packing == 0 || (packing == 3 && bits == 32 && IsUsualOrder(file))))
        {
            throw Error(name, $"header of {headerBytes} bytes, {bits} bits per pixel and packing {packing} are not read; save it without packing, 24 bits");
        }

        var colors = BinaryPrimitives.ReadUInt32LittleEndian(file[46..]);
        var entries = bits > 8 ? 0 : (int)Math.Min(colors == 0 ? 1u << bits : colors, 256);
        var paletteStart = 14 + (int)headerBytes;
        var rowBytes = ((width * bits) + 31) / 32 * 4;
        if (paletteStart + (entries * 4L) > file.Length || offset > file.Length || rowBytes * Math.Abs(height) > file.Length - offset)
        {
            throw Error(name, $"{width} x {Math.Abs(height)} pixels do not fit into its {file.Length} bytes");
        }

        var palette = file.Slice(paletteStart, entries * 4);
        var image = new RasterImage((int)width, (int)Math.Abs(height), 3, new byte[checked((int)(width * Math.Abs(height)) * 3)]);
        for (var y = 0; y < image.Height; y++)
        {
            var row = file.Slice((int)(offset + (rowBytes * (height < 0 ? y : image.Height - 1 - y))), (int)rowBytes);
            for (var x = 0; x < image.Width; x++)
            {
                var color = bits > 8 ? row[(x * bits / 8)..] : Entry(palette, (row[x * bits / 8] >> (8 - bits - (x * bits % 8))) & ((1 << bits) - 1), name);
                var target = image.Pixels.AsSpan(((y * image.Width) + x) * 3, 3);
                (target[0], target[1], target[2]) = (color[2], color[1], color[0]);
            }
        }

        return image;
    }

    private static ReadOnlySpan<byte> Entry(ReadOnlySpan<byte> palette, int index, string name) =>
        (index * 4) + 3 < palette.Length ? palette[(index * 4)..] : throw Error(name, $"a pixel has colour {index} of a palette of {palette.Length / 4}");

    private static bool IsUsualOrder(ReadOnlySpan<byte> file) => file.Length >= 66
        && BinaryPrimitives.ReadUInt32LittleEndian(file[54..]) == 0x00FF0000
        && BinaryPrimitives.ReadUInt32LittleEndian(file[58..]) == 0x0000FF00
        && BinaryPrimitives.ReadUInt32LittleEndian(file[62..]) == 0x000000FF;

    private static CalibrationDataException Error(string name, string what) => new($"{name} is not a readable BMP: {what}.", name);
}
