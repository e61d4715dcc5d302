using System.CommandLine;
using System.Text.Json;
using EdgeFleet.Silo.Commands;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Commands;

/// <summary><c>compress</c> where it takes every model for one that is too large to be held in memory.</summary>
public sealed class LargeModelCommandTests
{
    private static readonly string Lenet = RepositoryRoot.TestModel("lenet-mnist.onnx");

    [Fact]
    public async Task A_large_model_is_compressed_from_file_to_file_and_measured()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        var (code, output, error) = await RunAsync(1, Lenet, "-o", made, "--profile", "weights8", "--json");
        code.ShouldBe(0, error);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("profile").GetString().ShouldBe("weights8");
        json.RootElement.GetProperty("sourceSizeBytes").GetInt64().ShouldBe(new FileInfo(Lenet).Length);
        json.RootElement.GetProperty("sizeBytes").GetInt64().ShouldBe(new FileInfo(made).Length);
        json.RootElement.GetProperty("sizeRatio").GetDouble().ShouldBeLessThan(0.4);
        Directory.GetFileSystemEntries(folder.Path).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task One_byte_below_the_limit_a_model_is_held_in_memory()
    {
        using var folder = new TempFolder();
        var size = new FileInfo(Lenet).Length;
        string[] arguments = [Lenet, "-o", Path.Combine(folder.Path, "made.onnx"), "--profile", "weights8", "--allow-slower"];
        (await RunAsync(size + 1, arguments)).Output.ShouldNotContain("latency was not measured");
        (await RunAsync(size, arguments)).Output.ShouldContain("latency was not measured");
    }

    [Fact]
    public async Task A_small_model_goes_from_file_to_file_when_asked()
    {
        using var folder = new TempFolder();
        string[] arguments = [Lenet, "-o", Path.Combine(folder.Path, "made.onnx"), "--profile", "weights8", "--file-to-file"];
        (await RunAsync(long.MaxValue, arguments)).Output.ShouldContain("latency was not measured");
    }

    [Fact]
    public async Task Given_samples_are_what_is_compared_on_and_the_floor_is_theirs()
    {
        using var folder = new TempFolder();
        var made = Path.Combine(folder.Path, "made.onnx");
        string[] arguments = [Lenet, "-o", made, "--profile", "fp16", "--calibration", RepositoryRoot.Path("tests", "data", "mnist-calib512-images-idx3-ubyte.gz"), "--max-samples", "100", "--json"];
        var (code, output, error) = await RunAsync(1, arguments);
        code.ShouldBe(0, error);
        using var json = JsonDocument.Parse(output);
        json.RootElement.GetProperty("samples").GetInt32().ShouldBe(100);
        json.RootElement.GetProperty("syntheticSamples").GetBoolean().ShouldBeFalse();
        json.RootElement.GetProperty("agreement").GetDouble().ShouldBeGreaterThan(0.99);
        File.Delete(made);
        (code, _, error) = await RunAsync(1, [.. arguments, "--floor", "1.01"]);
        code.ShouldBe(3);
        error.ShouldContain("below the floor of 1.01");
        File.Exists(made).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--goal", "fastest", "without --goal")]
    [InlineData("--report", "report.html", "without --report")]
    [InlineData("--feedback", "output=input", "without --feedback")]
    [InlineData("--profile", "int8", "weights4, weights8, int8-dynamic, fp16 or fp32")]
    [InlineData("--profile", "auto", "weights4, weights8, int8-dynamic, fp16 or fp32")]
    public async Task What_needs_the_model_whole_is_refused_by_name(string option, string value, string expected)
    {
        using var folder = new TempFolder();
        var (code, output, error) = await RunAsync(1, Lenet, "-o", Path.Combine(folder.Path, "made.onnx"), option, value);
        code.ShouldBe(2);
        error.ShouldContain(expected);
        output.ShouldBeEmpty();
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(long largeFrom, params string[] arguments)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        var code = await CompressCommand.Create(largeFrom).Parse(arguments).InvokeAsync(configuration);
        return (code, output.ToString(), error.ToString());
    }
}
