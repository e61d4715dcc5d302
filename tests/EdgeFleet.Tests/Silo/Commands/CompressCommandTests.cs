using EdgeFleet.Silo.Commands;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Commands;

public sealed class CompressCommandTests
{
    private static readonly string Lenet = RepositoryRoot.TestModel("lenet-mnist.onnx");
    private static readonly string Images = RepositoryRoot.Path("tests", "data", "mnist-calib512-images-idx3-ubyte.gz");
    private static readonly string Labels = RepositoryRoot.Path("tests", "data", "mnist-calib512-labels-idx1-ubyte.gz");

    [Fact]
    public async Task Int8_for_avx2_becomes_int8_reduced_and_says_so()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        var (code, output, error) = await RunAsync("compress", Lenet, "-o", made, "--calibration", Images, "--labels", Labels, "--target", "x64-avx2", "--json");
        code.ShouldBe(0, error);
        error.ShouldContain("int8-reduced");
        output.ShouldContain("\"profile\": \"int8-reduced\"");
        (await RunAsync("evaluate", made, "--images", Images, "--labels", Labels, "--versus", Lenet, "--runs", "5")).Output.ShouldContain("size 0.2");
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_variant_below_its_floor_exits_with_3_and_writes_nothing()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        var model = RepositoryRoot.TestModel("resnet8-fashion-bn.onnx");
        var images = RepositoryRoot.DemoFile("fashion-calib512-images-idx3-ubyte.gz");
        (await RunAsync("compress", model, "-o", made, "--calibration", images, "--floor", "1", "--profile", "int8-reduced")).Code.ShouldBe(3);
        File.Exists(made).ShouldBeFalse();
    }

    [Fact]
    public async Task Bad_input_exits_with_2_and_one_line()
    {
        using var folder = new TempFolder();
        var bad = Path.Combine(folder.Path, "bad.onnx");
        await File.WriteAllTextAsync(bad, "no model");
        var (code, _, error) = await RunAsync("compress", bad, "-o", Path.Combine(folder.Path, "made.onnx"), "--profile", "fp16");
        code.ShouldBe(2);
        error.Trim().ShouldNotContain('\n');
        (await RunAsync("permute", Path.Combine(folder.Path, "missing.onnx"), "-o", bad)).Code.ShouldBe(2);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (await SiloCommandLine.RunAsync(arguments, output, error), output.ToString(), error.ToString());
    }
}
