using System.Buffers.Binary;
using System.Text;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration.Images;

namespace EdgeFleet.Tests.Compression.Calibration.Images;

public sealed class ImageDecoderTests
{
    private const int Width = 11;
    private const int Height = 9;

    public static TheoryData<int, int, bool> Kinds
    {
        get
        {
            var data = new TheoryData<int, int, bool>();
            foreach (var (type, depths) in new (int, int[])[] { (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]) })
            {
                foreach (var depth in depths)
                {
                    data.Add(type, depth, false);
                    data.Add(type, depth, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Png_of_every_colour_type_and_depth_interlaced_or_not(int type, int depth, bool interlaced)
    {
        var most = (1 << depth) - 1;
        var count = type switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        int[] Samples(int x, int y) => [.. Enumerable.Range(0, count).Select(c => ((x * 7919) + (y * 104729) + (c * 15485863)) % (most + 1))];
        byte[]? palette = type == 3 ? [.. Enumerable.Range(0, Math.Min(256, most + 1) * 3).Select(i => (byte)((i * 77) + 3))] : null;
        var image = ImageDecoder.Decode(PngWriter.Write(Width, Height, type, depth, interlaced, Samples, palette), "a.png");

        byte Eight(int value) => (byte)(depth == 16 ? value >> 8 : value * 255 / most);
        var expected = Enumerable.Range(0, Width * Height).SelectMany(i => Samples(i % Width, i / Width) is var s && type switch
        {
            3 => palette!.AsSpan(s[0] * 3, 3).ToArray(),
            0 or 4 => [Eight(s[0])],
            _ => new[] { Eight(s[0]), Eight(s[1]), Eight(s[2]) },
        } is { } p ? p : []).ToArray();
        (image.Width, image.Height, image.Channels).ShouldBe((Width, Height, type is 0 or 4 ? 1 : 3));
        image.Pixels.ShouldBe(expected);
    }

    [Theory]
    [InlineData(24, true)]
    [InlineData(24, false)]
    [InlineData(32, false)]
    [InlineData(8, false)]
    [InlineData(4, false)]
    [InlineData(1, true)]
    public void Bmp_of_every_depth_from_the_top_or_the_bottom(int bits, bool fromTop)
    {
        static byte[] Color(int entry) => [(byte)(entry * 40), (byte)(entry * 90), (byte)((entry * 5) + 1)];
        var entries = Math.Min(1 << Math.Min(bits, 8), 16);
        int Entry(int x, int y) => ((x * 3) + (y * 5)) % entries;
        var rows = Enumerable.Range(0, Height).Select(r => fromTop ? r : Height - 1 - r).SelectMany(y =>
        {
            var text = string.Concat(Enumerable.Range(0, Width).Select(x => bits > 8
                ? string.Concat(Color(Entry(x, y)).Reverse().Select(b => Convert.ToString(b, 2).PadLeft(8, '0'))) + new string('0', bits - 24)
                : Convert.ToString(Entry(x, y), 2).PadLeft(bits, '0')));
            return text.PadRight((text.Length + 31) / 32 * 32, '0').Chunk(8).Select(b => Convert.ToByte(new string(b), 2));
        });
        byte[] palette = bits > 8 ? [] : [.. Enumerable.Range(0, entries).SelectMany(e => Color(e).Reverse().Append((byte)0))];
        var file = Bmp(Width, fromTop ? -Height : Height, bits, 0, palette, [.. rows]);
        ImageDecoder.Decode(file, "a.bmp").Pixels.ShouldBe([.. Enumerable.Range(0, Width * Height).SelectMany(i => Color(Entry(i % Width, i / Width)))]);
    }

    [Theory]
    [InlineData("P2\n# text\n3 1 15\n0 5 15", 1, new byte[] { 0, 85, 255 })]
    [InlineData("P3 1 2 255\n1 2 3\n4 5 6\n", 3, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("P5 3 1 255\nABC", 1, new byte[] { 65, 66, 67 })]
    [InlineData("P6\n1 1\n255\nABC", 3, new byte[] { 65, 66, 67 })]
    [InlineData("P5 1 1 65535\nAB", 1, new byte[] { 65 })]
    public void Netpbm_as_text_or_binary(string file, int channels, byte[] pixels)
    {
        var image = ImageDecoder.Decode(Encoding.Latin1.GetBytes(file), "a.pnm");
        image.Channels.ShouldBe(channels);
        image.Pixels.ShouldBe(pixels);
    }

    [Theory]
    [InlineData("P5 3 1 255\nAB")]
    [InlineData("P5 3 1")]
    [InlineData("P2 3 1 255\n1 2 256")]
    [InlineData("P2 2 1 255\n1x2")]
    [InlineData("P5 0 1 255\n")]
    [InlineData("P5 99999999 99999999 255\n")]
    [InlineData("P6 100000 100000 255\n")]
    [InlineData("BM")]
    [InlineData("hello")]
    public void A_damaged_image_is_refused_by_name(string file) =>
        Should.Throw<CalibrationDataException>(() => ImageDecoder.Decode(Encoding.Latin1.GetBytes(file), "cat.png")).Message.ShouldContain("cat.png");

    [Fact]
    public void Formats_that_are_not_read_are_named_with_the_cure()
    {
        foreach (var (start, what) in new (byte[], string)[] { ([.. "GIF89a"u8], "GIF"), ([.. "RIFF"u8], "WebP"), ([.. "II*\0"u8], "TIFF") })
        {
            var error = Should.Throw<CalibrationDataException>(() => ImageDecoder.Decode(start, "cat.gif"));
            error.Message.ShouldContain(what);
            error.Message.ShouldContain("Convert it to PNG");
        }

        Should.Throw<CalibrationDataException>(() => ImageDecoder.Decode(Bmp(4, 4, 8, 1, new byte[1024], new byte[64]), "a.bmp")).Message.ShouldContain("packing 1");
    }

    [Fact]
    public void Cut_and_changed_files_are_read_or_refused_never_anything_else()
    {
        byte[][] files =
        [
            PngWriter.Write(5, 4, 2, 8, true, (x, y) => [x * 9, y * 7, x + y]),
            PngWriter.Write(5, 4, 3, 4, false, (x, y) => [(x + y) % 16], [.. Enumerable.Range(0, 48).Select(i => (byte)i)]),
            Bmp(3, 3, 8, 0, new byte[1024], new byte[12]),
            [.. "P3 2 2 255\n1 2 3 4 5 6 7 8 9 10 11 12"u8],
            [.. "P6 2 2 255\n123456789abc"u8],
        ];
        var random = new Random(8);
        foreach (var file in files)
        {
            for (var round = 0; round < 3000; round++)
            {
                var changed = file.ToArray();
                for (var i = random.Next(4); i >= 0; i--)
                {
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                }

                try
                {
                    var image = ImageDecoder.Decode(changed.AsMemory(0, round % 3 == 0 ? random.Next(changed.Length) : changed.Length), "fuzz");
                    image.Pixels.Length.ShouldBe(image.Width * image.Height * image.Channels);
                }
                catch (CalibrationDataException e)
                {
                    e.Message.ShouldContain("fuzz");
                }
            }
        }
    }

    [Fact]
    public void Shrinking_to_half_weighs_every_pixel_and_a_plain_area_stays_plain()
    {
        var plain = new RasterImage(8, 6, 3, [.. Enumerable.Repeat((byte)77, 8 * 6 * 3)]);
        ImageResizer.Resize(plain, 5, 13).Pixels.ShouldAllBe(p => p == 77);
        var ramp = new RasterImage(8, 1, 1, [0, 10, 20, 30, 40, 50, 60, 70]);

        // Weights 1/8, 3/8, 3/8, 1/8 around 1 to 2 and so on; at the ends what is there.
        ImageResizer.Resize(ramp, 4, 1).Pixels.ShouldBe([7, 25, 45, 63]);
        ImageResizer.Resize(new RasterImage(2, 1, 1, [0, 100]), 4, 1).Pixels.ShouldBe([0, 25, 75, 100]);
    }

    [Fact]
    public void The_middle_is_cut_out()
    {
        var image = new RasterImage(4, 2, 1, [0, 1, 2, 3, 4, 5, 6, 7]);
        ImageResizer.CropTo(image, 3, 3).Pixels.ShouldBe([1, 2, 5, 6]);
        ImageResizer.CropTo(image, 8, 2).Pixels.ShouldBe([0, 1, 2, 3]);
    }

    private static byte[] Bmp(int width, int height, int bits, int packing, byte[] palette, byte[] pixels)
    {
        var header = new byte[54];
        "BM"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(10), 54 + palette.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), height);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(28), (short)bits);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(30), packing);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(46), palette.Length / 4);
        return [.. header, .. palette, .. pixels];
    }
}
