using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Compression.Calibration.Images;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class CalibrationInputTests : IDisposable
{
    private static readonly ModelTensorInfo[] s_one = [new("x", OnnxElementType.Float, [-1, 2])];
    private static readonly ModelTensorInfo[] s_two = [new("a", OnnxElementType.Float, [-1, 2]), new("b", OnnxElementType.Float, [-1, 2])];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_on_disk_gives_the_same_samples_as_its_bytes()
    {
        var path = RepositoryRoot.DemoFile("fashion-calib512-images-idx3-ubyte.gz");
        var whole = SampleFile.ReadSamples(File.ReadAllBytes(path), "images", new SampleScaling());
        using var input = CalibrationInput.Open(path, new(), [new("x", OnnxElementType.Float, [-1, 1, 28, 28])]);
        input.Description.ShouldBe("512 samples of fashion-calib512-images-idx3-ubyte.gz: uint8 [28, 28]");
        Floats(input.Samples[0], 500, 12).ShouldBe(Floats(whole, 500, 12));
    }

    [Fact]
    public void A_plain_file_is_read_where_samples_lie_and_big_endian_numbers_are_turned()
    {
        var floats = new float[] { 1, -2, 3.5f, 4, 5, 6 };
        File.WriteAllBytes(Path("a.npy"), Npy(floats, 3, 2));
        File.WriteAllBytes(Path("a.idx"), [0, 0, 0x0D, 2, 0, 0, 0, 3, 0, 0, 0, 2, .. floats.SelectMany(f => BitConverter.GetBytes(f).Reverse())]);
        foreach (var file in new[] { "a.npy", "a.idx" })
        {
            using var input = CalibrationInput.Open(Path(file), new(), s_one);
            Floats(input.Samples[0], 1, 2).ShouldBe([3.5f, 4, 5, 6]);
        }
    }

    [Fact]
    public void Packed_samples_beyond_memory_go_to_a_temporary_file_that_nobody_else_sees()
    {
        var floats = new float[6 << 20];
        floats[^1] = 42;
        using (var packed = new GZipStream(File.Create(Path("large.npy.gz")), CompressionLevel.Fastest))
        {
            packed.Write(Npy(floats, floats.Length / 2, 2));
        }

        using var input = CalibrationInput.Open(Path("large.npy.gz"), new(), s_one);
        Floats(input.Samples[0], input.Samples[0].Count - 1, 1).ShouldBe([0, 42]);
        Directory.EnumerateFiles(System.IO.Path.GetTempPath(), "edgefleet-samples-*").ShouldBeEmpty();
    }

    [Fact]
    public void Npz_arrays_go_to_the_inputs_of_their_names()
    {
        File.WriteAllBytes(Path("two.npz"), Npz(("b", Npy([3, 4], 1, 2)), ("a", Npy([1, 2], 1, 2))));
        using var input = CalibrationInput.Open(Path("two.npz"), new(), s_two);
        var batch = SampleFeed.Create(s_two, input.Samples, 10).Batch(0, 1);
        batch.Select(t => t.Floats[0]).ShouldBe([1f, 3f]);
    }

    [Fact]
    public void Npz_arrays_without_such_names_go_by_place_or_for_one_input_each_is_a_sample()
    {
        var file = Npz([.. Enumerable.Range(0, 12).Select(i => ($"arr_{i}", Npy([i, -i], 2)))]);
        File.WriteAllBytes(Path("list.npz"), file);
        using (var input = CalibrationInput.Open(Path("list.npz"), new(), s_one))
        {
            input.Samples[0].Count.ShouldBe(12);
            Floats(input.Samples[0], 9, 2).ShouldBe([9f, -9, 10, -10]);
        }

        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(Path("list.npz"), new(), s_two)).Message.ShouldContain("Name the arrays like the inputs");
        File.WriteAllBytes(Path("place.npz"), Npz(("arr_0", Npy([1, 2], 1, 2)), ("arr_1", Npy([3, 4], 1, 2))));
        using var placed = CalibrationInput.Open(Path("place.npz"), new(), s_two);
        placed.Samples.Select(s => s.InputName).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void A_folder_of_npy_files_may_hold_samples_of_differing_dimensions()
    {
        File.WriteAllBytes(Path("page10.npy"), Npy(new float[8], 2, 4));
        File.WriteAllBytes(Path("page2.npy"), Npy([1, 2, 3], 1, 3));
        using var input = CalibrationInput.Open(_folder.Path, new(), [new("x", OnnxElementType.Float, [-1, 1, -1, -1])]);
        var feed = SampleFeed.Create([new("x", OnnxElementType.Float, [-1, 1, -1, -1])], input.Samples, 10);
        feed.Batch(0, 1)[0].Dimensions.ShouldBe([1, 1, 1, 3]);
        feed.Batch(1, 1)[0].Dimensions.ShouldBe([1, 1, 2, 4]);
    }

    [Fact]
    public void Onnx_test_data_sets_are_whole_inputs_in_the_order_of_the_graph()
    {
        for (var set = 0; set < 11; set++)
        {
            Directory.CreateDirectory(Path($"test_data_set_{set}"));
            File.WriteAllBytes(Path($"test_data_set_{set}/input_0.pb"), ProtoWriter.ToArray(OnnxTensor.Of<float>("any", OnnxElementType.Float, [1, 2], [set, 1])));
            File.WriteAllBytes(Path($"test_data_set_{set}/input_1.pb"), ProtoWriter.ToArray(OnnxTensor.Of<float>("any", OnnxElementType.Float, [1, 2], [set * 2, 2])));
        }

        using var input = CalibrationInput.Open(_folder.Path, new(), s_two);
        var feed = SampleFeed.Create(s_two, input.Samples, 100);
        feed.Count.ShouldBe(11);
        feed.Batch(10, 1).Select(t => t.Floats[0]).ShouldBe([10f, 20f]);
        File.WriteAllBytes(Path("test_data_set_4/input_1.pb"), [8, 1, 8, 9]);
        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(_folder.Path, new(), s_two)).Message.ShouldContain("test_data_set_4/input_1.pb");
        File.Delete(Path("test_data_set_4/input_1.pb"));
        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(_folder.Path, new(), s_two)).Message.ShouldContain("missing");
    }

    [Theory]
    [InlineData(new long[] { -1, 3, 2, 2 }, ImageLayout.Auto, ImageColor.Auto, new float[] { 10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30 })]
    [InlineData(new long[] { -1, 2, 2, 3 }, ImageLayout.Auto, ImageColor.Bgr, new float[] { 30, 20, 10, 30, 20, 10, 30, 20, 10, 30, 20, 10 })]
    [InlineData(new long[] { -1, 1, 2, 2 }, ImageLayout.Auto, ImageColor.Auto, new float[] { 18, 18, 18, 18 })]
    [InlineData(new long[] { -1, 2, 2 }, ImageLayout.Auto, ImageColor.Auto, new float[] { 18, 18, 18, 18 })]
    [InlineData(new long[] { -1, 3, -1, -1 }, ImageLayout.Nchw, ImageColor.Rgb, new float[] { 10, 20, 30 })]
    public void Images_come_in_the_size_layout_and_colours_of_the_input(long[] dimensions, ImageLayout layout, ImageColor color, float[] expected)
    {
        File.WriteAllBytes(Path("one.png"), PngWriter.Write(1, 1, 2, 8, false, (_, _) => [10, 20, 30]));
        ModelTensorInfo[] inputs = [new("x", OnnxElementType.Float, dimensions)];
        using var input = CalibrationInput.Open(_folder.Path, new() { Divisor = 1, Layout = layout, Color = color }, inputs);
        SampleFeed.Create(inputs, input.Samples, 1).Batch(0, 1)[0].Floats.ToArray().ShouldBe(expected);
    }

    [Fact]
    public void Images_are_normalised_per_channel_and_read_in_the_order_of_their_numbers()
    {
        File.WriteAllBytes(Path("i10.png"), PngWriter.Write(1, 1, 2, 8, false, (_, _) => [0, 0, 0]));
        File.WriteAllBytes(Path("i9.ppm"), [.. "P6 1 1 255\n"u8, 255, 0, 51]);
        ModelTensorInfo[] inputs = [new("x", OnnxElementType.Float, [-1, 3, 1, 1])];
        using var input = CalibrationInput.Open(_folder.Path, new() { Means = [0.5f, 0.25f, 0], StdDevs = [0.5f, 0.5f, 0.1f] }, inputs);
        var values = SampleFeed.Create(inputs, input.Samples, 2).Batch(0, 2)[0].Floats.ToArray();
        values.ShouldBe([1, -0.5f, 2, -1, -0.5f, 0], 1e-6);
    }

    [Fact]
    public void Jpegs_are_images_like_others_and_a_damaged_one_is_named()
    {
        File.WriteAllBytes(Path("a.jpg"), JpegFiles.Progressive);
        File.WriteAllBytes(Path("b.jpeg"), JpegFiles.Gray);
        ModelTensorInfo[] inputs = [new("x", OnnxElementType.Float, [-1, 3, 8, 8])];
        using (var input = CalibrationInput.Open(_folder.Path, new(), inputs))
        {
            input.Samples[0].Count.ShouldBe(2);
            input.Samples[0].SampleDimensions.ShouldBe([3, 8, 8]);
        }

        File.WriteAllBytes(Path("c.jpg"), JpegFiles.Colour[..300]);
        foreach (var path in new[] { _folder.Path, Path("c.jpg") })
        {
            Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(path, new(), inputs)).Message.ShouldContain("c.jpg is not a readable JPEG");
        }
    }

    [Fact]
    public void What_is_not_there_or_holds_nothing_is_refused_by_name()
    {
        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(Path("none.npy"), new(), s_one)).Message.ShouldContain("none.npy");
        Directory.CreateDirectory(Path("empty"));
        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(Path("empty"), new(), s_one)).Message.ShouldContain("test_data_set_0");
        File.WriteAllBytes(Path("zero.npy"), []);
        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(Path("zero.npy"), new(), s_one)).Message.ShouldContain("zero.npy");
        Should.Throw<CalibrationDataException>(() => CalibrationInput.Open(Path("zero.npy"), new() { StdDevs = [1, 0] }, s_one)).Message.ShouldContain("0");
    }

    [Fact]
    public void Damaged_archives_are_refused_by_name()
    {
        var file = Npz(("a", Npy([1, 2, 3, 4], 2, 2)), ("b", Npy([1, 2, 3, 4], 2, 2)));
        var random = new Random(4);
        for (var round = 0; round < 2000; round++)
        {
            var changed = file.ToArray();
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                var samples = NpzFormat.Read(SampleStore.Of(changed.AsMemory(0, round % 4 == 0 ? random.Next(changed.Length) : changed.Length)), "fuzz.npz", new(), s_two);
                samples.Sum(s => s.Raw(0, s.Count).Length).ShouldBeGreaterThanOrEqualTo(0);
            }
            catch (CalibrationDataException e)
            {
                e.Message.ShouldContain("fuzz.npz");
            }
        }
    }

    private string Path(string name) => System.IO.Path.Combine(_folder.Path, name);

    private static float[] Floats(SampleSet set, int start, int count)
    {
        var values = new float[set.ElementsOf(start, count)];
        set.CopyTo(start, count, values);
        return values;
    }

    private static byte[] Npy(float[] values, params int[] shape)
    {
        var header = Encoding.Latin1.GetBytes($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)},), }}\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header, .. MemoryMarshal.AsBytes(values.AsSpan())];
    }

    private static byte[] Npz(params (string Name, byte[] Npy)[] arrays)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, npy) in arrays)
            {
                using var entry = zip.CreateEntry($"{name}.npy", CompressionLevel.Fastest).Open();
                entry.Write(npy);
            }
        }

        return file.ToArray();
    }
}
