using System.Text;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class SampleFileTests
{
    private static readonly ModelTensorInfo Input = new("input", OnnxElementType.Float, [-1, 1, 2, 2]);

    [Fact]
    public void Idx_and_npy_of_the_same_pixels_are_the_same_samples()
    {
        var idx = SampleFile.ReadSamples(Idx(8, [2, 2, 2], [0, 51, 102, 153, 204, 255, 0, 1]), "a", new SampleScaling());
        var npy = SampleFile.ReadSamples(Npy("|u1", "(2, 2, 2)", [0, 51, 102, 153, 204, 255, 0, 1]), "b", new SampleScaling());
        var (a, b) = (new float[8], new float[8]);
        idx.CopyTo(0, 2, a);
        npy.CopyTo(0, 2, b);
        a.ShouldBe(b);
        a[1].ShouldBe(0.2f);
        SampleFeed.Create([Input], [idx], 100).Batch(1, 1)[0].Dimensions.ShouldBe([1, 1, 2, 2]);
    }

    [Fact]
    public void Samples_of_the_wrong_shape_are_refused_with_expected_and_given()
    {
        var samples = SampleFile.ReadSamples(Idx(8, [1, 3, 3], new byte[9]), "images.gz", new SampleScaling());
        var error = Should.Throw<CalibrationDataException>(() => SampleFeed.Create([Input], [samples], 100));
        error.Message.ShouldContain("[3, 3]");
        error.Message.ShouldContain("[1, 2, 2]");
        error.Subject.ShouldBe("images.gz");
    }

    [Fact]
    public void Samples_of_the_wrong_type_are_refused()
    {
        var samples = SampleFile.ReadSamples(Idx(8, [1, 4], new byte[4]), "images", new SampleScaling());
        Should.Throw<CalibrationDataException>(() => SampleFeed.Create([new("ids", OnnxElementType.Int64, [-1, 4])], [samples], 100)).Message.ShouldContain("int64");
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 9, 1 })]
    [InlineData(new byte[] { 0, 0, 7, 1, 0, 0, 0, 1, 1 })]
    [InlineData(new byte[] { 0, 0, 8, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 8, 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0 })]
    [InlineData(new byte[0])]
    public void Damaged_files_are_refused_by_name(byte[] file) =>
        Should.Throw<CalibrationDataException>(() => SampleFile.ReadSamples(file, "broken.gz", new SampleScaling())).Message.ShouldContain("broken.gz");

    [Theory]
    [InlineData(">f4", "(1, 1)")]
    [InlineData("<f4", "(2, 1)")]
    [InlineData("<f4", "(99999999999, 1)")]
    public void Npy_of_another_order_or_size_is_refused(string type, string shape) =>
        Should.Throw<CalibrationDataException>(() => SampleFile.ReadSamples(Npy(type, shape, new byte[4]), "a.npy", new SampleScaling()));

    [Fact]
    public void Labels_must_be_one_integer_per_sample() =>
        Should.Throw<CalibrationDataException>(() => SampleFile.ReadLabels(Idx(8, [2, 2], new byte[4]), "labels"));

    [Fact]
    public void A_divisor_of_zero_is_refused() =>
        Should.Throw<CalibrationDataException>(() => SampleFile.ReadSamples(Idx(8, [1, 1], [1]), "a", new SampleScaling(0)));

    private static byte[] Idx(byte type, int[] dimensions, byte[] data) =>
        [0, 0, type, (byte)dimensions.Length, .. dimensions.SelectMany(d => new[] { (byte)(d >> 24), (byte)(d >> 16), (byte)(d >> 8), (byte)d }), .. data];

    private static byte[] Npy(string type, string shape, byte[] data)
    {
        var header = Encoding.Latin1.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header, .. data];
    }
}
