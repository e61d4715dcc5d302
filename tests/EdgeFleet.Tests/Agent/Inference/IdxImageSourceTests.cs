using System.IO.Compression;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent.Inference;

public sealed class IdxImageSourceTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public void Images_come_in_the_order_of_file_and_place_over_and_over_with_their_labels()
    {
        Write("b-images-idx3-ubyte", [2, 1, 2], [5, 6, 7, 8]);
        Write("a-images-idx3-ubyte.gz", [1, 1, 2], [1, 2]);
        Write("a-labels-idx1-ubyte.gz", [1], [9]);
        var source = IdxImageSource.Open(folder.Path);
        source.Count.ShouldBe(3);
        for (var round = 0; round < 2; round++)
        {
            Expect(source.Next(), 9, 1, 2);
            Expect(source.Next(), null, 5, 6);
            Expect(source.Next(), null, 7, 8);
        }

        static void Expect(Sample sample, int? label, params byte[] data)
        {
            sample.Data.ToArray().ShouldBe(data);
            sample.Label.ShouldBe(label);
        }
    }

    [Fact]
    public void The_demo_images_are_read_with_labels()
    {
        foreach (var name in new[] { "fashion-calib512-images-idx3-ubyte.gz", "fashion-calib512-labels-idx1-ubyte.gz" })
        {
            File.Copy(RepositoryRoot.DemoFile(name), folder.File(name));
        }

        var source = IdxImageSource.Open(folder.Path);
        source.Count.ShouldBe(512);
        source.Next().Data.Length.ShouldBe(784);
        source.Next().Label.ShouldNotBeNull().ShouldBeInRange(0, 9);
    }

    [Fact]
    public void A_folder_without_images_is_refused_with_the_names_it_wants() =>
        Should.Throw<InvalidDataException>(() => IdxImageSource.Open(folder.Path)).Message.ShouldContain("images-idx3-ubyte");

    [Fact]
    public void A_missing_folder_is_an_io_error() => Should.Throw<IOException>(() => IdxImageSource.Open(folder.File("missing")));

    [Theory]
    [InlineData("0000080300000001000000010000000201", "stream")] // a byte short
    [InlineData("000008030000000100000001000000020102FF", "left over")]
    [InlineData("00000D0300000001000000010000000201020304", "00000D03")] // floats
    [InlineData("0000080100000002", "00000801")] // labels
    [InlineData("00000803000000000000000100000002", "dimension 0 is 0")]
    [InlineData("00000803FFFFFFFF0000000100000002", "dimension 0 is -1")]
    [InlineData("000008037FFFFFFF7FFFFFFF7FFFFFFF", "dimension 0 is 2147483647")]
    [InlineData("0000", "stream")]
    [InlineData("", "stream")]
    public void A_damaged_file_is_refused_by_name(string hex, string reason)
    {
        File.WriteAllBytes(folder.File("x-images-idx3-ubyte"), Convert.FromHexString(hex));
        var message = Should.Throw<InvalidDataException>(() => IdxImageSource.Open(folder.Path)).Message;
        message.ShouldContain("x-images-idx3-ubyte");
        message.ShouldContain(reason);
    }

    [Fact]
    public void Bytes_that_are_not_gzip_are_refused_by_name()
    {
        File.WriteAllBytes(folder.File("x-images-idx3-ubyte.gz"), [1, 2, 3, 4]);
        Should.Throw<InvalidDataException>(() => IdxImageSource.Open(folder.Path)).Message.ShouldContain("x-images-idx3-ubyte.gz");
    }

    [Fact]
    public void Labels_of_another_number_than_the_images_are_refused()
    {
        Write("x-images-idx3-ubyte", [2, 1, 1], [1, 2]);
        Write("x-labels-idx1-ubyte", [3], [1, 2, 3]);
        Should.Throw<InvalidDataException>(() => IdxImageSource.Open(folder.Path)).Message.ShouldContain("2 images, but its label file 3 labels");
    }

    public void Dispose() => folder.Dispose();

    private void Write(string name, int[] dimensions, byte[] data)
    {
        byte[] bytes = [0, 0, 8, (byte)dimensions.Length, .. dimensions.SelectMany(d => BitConverter.GetBytes(d).Reverse()), .. data];
        using Stream file = File.Create(folder.File(name));
        using var stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Compress) : file;
        stream.Write(bytes);
    }
}
