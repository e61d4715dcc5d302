using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace EdgeFleet.Tests.Compression.Calibration.Images;

/// <summary>Writes PNG of every kind from samples; the pass of a pixel comes from the table in the standard, row filters take turns.</summary>
internal static class PngWriter
{
    private static readonly string[] s_passes = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

    /// <param name="samples">Per pixel as many samples as the colour type has, each of <paramref name="depth"/> bits.</param>
    public static byte[] Write(int width, int height, int colorType, int depth, bool interlaced, Func<int, int, int[]> samples, byte[]? palette = null)
    {
        using var rows = new MemoryStream();
        foreach (var pass in interlaced ? "1234567" : "0")
        {
            byte[]? above = null;
            for (var y = 0; y < height; y++)
            {
                var pixels = Enumerable.Range(0, width).Where(x => !interlaced || s_passes[y % 8][x % 8] == pass).Select(x => samples(x, y)).ToList();
                if (pixels.Count > 0)
                {
                    var row = Pack(pixels.SelectMany(p => p), depth);
                    above ??= new byte[row.Length];
                    rows.Write(Filter((y + pass) % 5, row, above, Math.Max(1, pixels[0].Length * depth / 8)));
                    above = row;
                }
            }
        }

        byte[] header = [.. Number(width), .. Number(height), (byte)depth, (byte)colorType, 0, 0, interlaced ? (byte)1 : (byte)0];
        return
        [
            0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', .. Chunk("IHDR", header), .. Chunk("tEXt", "a\0b"u8.ToArray()),
            .. palette is null ? [] : Chunk("PLTE", palette), .. Parts(Deflate(rows.ToArray())), .. Chunk("IEND", []),
        ];
    }

    public static byte[] Chunk(string type, byte[] content) => [.. Number(content.Length), .. Encoding.Latin1.GetBytes(type), .. content, 0, 0, 0, 0];

    /// <summary>Pixels in two chunks.</summary>
    private static byte[] Parts(byte[] data) => [.. Chunk("IDAT", data[..5]), .. Chunk("IDAT", data[5..])];

    private static byte[] Pack(IEnumerable<int> samples, int depth)
    {
        var bits = string.Concat(samples.Select(s => Convert.ToString(s, 2).PadLeft(depth, '0')));
        return [.. bits.Chunk(8).Select(b => Convert.ToByte(new string(b).PadRight(8, '0'), 2))];
    }

    private static byte[] Filter(int filter, byte[] row, byte[] above, int step)
    {
        var filtered = new byte[row.Length + 1];
        filtered[0] = (byte)filter;
        for (var i = 0; i < row.Length; i++)
        {
            int a = i >= step ? row[i - step] : 0, b = above[i], c = i >= step ? above[i - step] : 0;
            int[] nearest = [a, b, c];
            var paeth = nearest.MinBy(v => Math.Abs(a + b - c - v));
            filtered[i + 1] = (byte)(row[i] - filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => paeth });
        }

        return filtered;
    }

    private static byte[] Deflate(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            stream.Write(data);
        }

        return packed.ToArray();
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
