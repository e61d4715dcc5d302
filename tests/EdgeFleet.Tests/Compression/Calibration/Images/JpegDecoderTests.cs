using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration.Images;

namespace EdgeFleet.Tests.Compression.Calibration.Images;

public sealed class JpegDecoderTests
{
    public static TheoryData<string, int> Pictures => new()
    {
        { nameof(JpegFiles.Colour), 3 },
        { nameof(JpegFiles.FullColour), 3 },
        { nameof(JpegFiles.Progressive), 3 },
        { nameof(JpegFiles.Restarts), 3 },
        { nameof(JpegFiles.Gray), 1 },
        { nameof(JpegFiles.GrayProgressive), 1 },
    };

    [Theory]
    [MemberData(nameof(Pictures))]
    public void The_picture_comes_back_in_its_colours(string file, int channels)
    {
        var image = ImageDecoder.Decode(File(file), "a.jpg");
        (image.Width, image.Height, image.Channels).ShouldBe((JpegFiles.Width, JpegFiles.Height, channels));
        var original = new RasterImage(
            JpegFiles.Width, JpegFiles.Height, 3, [.. Enumerable.Range(0, JpegFiles.Width * JpegFiles.Height).SelectMany(i => JpegFiles.Pixel(i % JpegFiles.Width, i / JpegFiles.Width))]);
        var expected = (channels == 1 ? original.ToGray() : original).Pixels;
        expected.Zip(image.Pixels, (a, b) => Math.Abs(a - b)).Average().ShouldBeLessThan(file is nameof(JpegFiles.Colour) ? 8 : 4);
    }

    [Fact]
    public void Baseline_and_progressive_of_one_picture_are_the_same_to_the_last_bit() =>
        ImageDecoder.Decode(JpegFiles.Gray, "a").Pixels.ShouldBe(ImageDecoder.Decode(JpegFiles.GrayProgressive, "b").Pixels);

    [Fact]
    public void A_header_that_claims_more_than_is_read_or_than_its_bytes_hold_is_refused_before_room_is_made()
    {
        Refused(Sized(JpegFiles.Gray, 65500, 65500)).ShouldContain("65500 x 65500");
        Refused(Sized(JpegFiles.Gray, 4000, 4000)).ShouldContain("bytes cannot hold");
        Refused(Sized(JpegFiles.Progressive, 0, 13)).ShouldContain("0 x 13");

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(Sized(JpegFiles.Progressive, 9000, 9000));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void Kinds_that_are_not_read_are_named()
    {
        Refused(JpegFiles.Arithmetic).ShouldContain("process 9");
        Refused(With(JpegFiles.Gray, Frame(JpegFiles.Gray) + 4, 12)).ShouldContain("12 bits");
        Refused([0xFF, 0xD8, 0xFF, 0xC0, 0, 20, 8, 0, 1, 0, 1, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]).ShouldContain("CMYK");
    }

    [Fact]
    public void A_picture_without_end_and_one_with_damaged_pixels_are_refused_not_filled_up()
    {
        foreach (var file in JpegFiles.Readable)
        {
            Refused(file[..^12]).ShouldStartWith("cat.jpg is not a readable JPEG");
        }

        var scan = JpegFiles.FullColour.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        Refused([.. JpegFiles.FullColour[..(scan + 20)], 0xFF, 0xD9]).ShouldContain("damaged");
    }

    [Fact]
    public void Bytes_behind_the_end_and_unknown_segments_do_no_harm()
    {
        var plain = ImageDecoder.Decode(JpegFiles.Colour, "a").Pixels;
        ImageDecoder.Decode((byte[])[.. JpegFiles.Colour, 1, 2, 3], "b").Pixels.ShouldBe(plain);
        ImageDecoder.Decode((byte[])[0xFF, 0xD8, 0xFF, 0xE5, 0, 6, 1, 2, 3, 4, .. JpegFiles.Colour[2..]], "c").Pixels.ShouldBe(plain);
    }

    [Fact]
    public void Passes_over_the_picture_are_bounded()
    {
        var scan = JpegFiles.GrayProgressive.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        var more = Enumerable.Repeat(JpegFiles.GrayProgressive[scan..(scan + 10)], 200).SelectMany(s => s);
        Refused([.. JpegFiles.GrayProgressive[..^2], .. more, 0xFF, 0xD9]).ShouldContain("scans");
    }

    [Fact]
    public void Cut_and_changed_files_are_read_or_refused_by_name_never_anything_else()
    {
        var random = new Random(5);
        foreach (var file in JpegFiles.Readable.Append(JpegFiles.Arithmetic))
        {
            for (var round = 0; round < 2000; round++)
            {
                var changed = file.ToArray();
                for (var i = random.Next(4); i >= 0; i--)
                {
                    changed[2 + random.Next(changed.Length - 2)] = (byte)random.Next(256);
                }

                try
                {
                    var image = ImageDecoder.Decode(changed.AsMemory(0, round % 3 == 0 ? 2 + random.Next(changed.Length - 2) : changed.Length), "fuzz.jpg");
                    image.Pixels.Length.ShouldBe(image.Width * image.Height * image.Channels);
                }
                catch (CalibrationDataException e)
                {
                    e.Message.ShouldContain("fuzz.jpg");
                }
            }
        }
    }

    private static byte[] File(string name) => (byte[])typeof(JpegFiles).GetField(name)!.GetValue(null)!;

    private static string Refused(byte[] file) => Should.Throw<CalibrationDataException>(() => ImageDecoder.Decode(file, "cat.jpg")).Message;

    private static int Frame(byte[] file) => Math.Max(file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]), file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC2]));

    private static byte[] Sized(byte[] file, int width, int height)
    {
        var at = Frame(file) + 5;
        return With(file, at, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width);
    }

    private static byte[] With(byte[] file, int at, params byte[] bytes)
    {
        var changed = file.ToArray();
        bytes.CopyTo(changed, at);
        return changed;
    }
}
