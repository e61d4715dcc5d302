using EdgeFleet.Silo.Commands;
using EdgeFleet.Tests.Compression.Calibration.Images;
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
        var (code, output, error) = await RunAsync("compress", Lenet, "-o", made, "--calibration", Images, "--labels", Labels, "--target", "x64-avx2", "--allow-slower", "--json");
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
    public async Task A_folder_of_jpegs_calibrates_and_a_damaged_one_is_bad_input()
    {
        using var folder = new TempFolder();
        var pictures = Directory.CreateDirectory(Path.Combine(folder.Path, "pictures")).FullName;
        foreach (var (file, i) in JpegFiles.Readable.Select((f, i) => (f, i)))
        {
            await File.WriteAllBytesAsync(Path.Combine(pictures, $"{i}.jpg"), file);
        }

        var made = Path.Combine(folder.Path, "made.onnx");
        var (code, output, error) = await RunAsync("compress", Lenet, "-o", made, "--profile", "int8-reduced", "--calibration", pictures, "--allow-slower");
        code.ShouldBe(0, error);
        output.ShouldContain("of 6 samples");

        await File.WriteAllBytesAsync(Path.Combine(pictures, "9.jpg"), JpegFiles.Colour[..200]);
        (code, _, error) = await RunAsync("compress", Lenet, "-o", made, "--profile", "int8-reduced", "--calibration", pictures, "--allow-slower");
        code.ShouldBe(2);
        error.ShouldContain("9.jpg is not a readable JPEG");
    }

    [Fact]
    public async Task A_goal_finds_a_variant_says_why_and_leaves_only_that_file()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        var (code, output, error) = await RunAsync(
            "compress", Lenet, "-o", made, "--goal", "at most 1 point lost, under 90 kB, smallest", "--calibration", Images, "--labels", Labels);
        code.ShouldBe(0, error);
        output.ShouldContain("candidates tried");
        error.ShouldContain("  1. ");
        new FileInfo(made).Length.ShouldBeLessThanOrEqualTo(90_000);
        Directory.GetFiles(folder.Path).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("html", "<svg")]
    [InlineData("json", "\"verdict\"")]
    public async Task A_report_is_written_beside_the_variant(string extension, string expected)
    {
        using var folder = new TempFolder();
        var report = Path.Combine(folder.Path, $"report.{extension}");
        var (code, _, error) = await RunAsync(
            "compress", Lenet, "-o", Path.Combine(folder.Path, "made.onnx"), "--profile", "int8", "--allow-slower", "--max-samples", "64", "--calibration", Images, "--labels", Labels, "--report", report);
        code.ShouldBe(0, error);
        (await File.ReadAllTextAsync(report)).ShouldContain(expected);
        Directory.GetFiles(folder.Path).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("--size", "12", "WIDTHxHEIGHT")]
    [InlineData("--feedback", "state", "OUTPUT=INPUT")]
    [InlineData("--report", "report.pdf", ".html or .json")]
    public async Task An_option_that_is_not_understood_says_what_is(string option, string value, string expected) =>
        (await RunAsync("compress", Lenet, "-o", "unused.onnx", option, value)).Error.ShouldContain(expected);

    [Fact]
    public async Task A_goal_out_of_reach_exits_with_3_and_names_the_closest()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        var (code, output, error) = await RunAsync("compress", Lenet, "-o", made, "--goal", "under 3 kB, smallest");
        code.ShouldBe(3);
        output.ShouldContain("Closest is");
        error.ShouldContain("3,000 are allowed");
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_goal_that_is_not_understood_exits_with_2_and_examples()
    {
        var (code, _, error) = await RunAsync("compress", Lenet, "-o", "unused.onnx", "--goal", "make it nice");
        code.ShouldBe(2);
        error.ShouldContain("'make it nice' is not understood");
        (await RunAsync("compress", Lenet, "-o", "unused.onnx", "--goal", "fastest", "--profile", "fp16")).Error.ShouldContain("not both");
    }

    [Fact]
    public async Task A_cut_off_line_of_a_stopped_search_is_measured_again()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        await File.WriteAllTextAsync($"{made}.search", "{\"key\":\"x\",\"candidate\":null}\n{\"key\":\"y\",\"cand");
        (await RunAsync("compress", Lenet, "-o", made, "--goal", "smallest, at most 30 % of the size")).Code.ShouldBe(0);
        File.Exists($"{made}.search").ShouldBeFalse();
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
