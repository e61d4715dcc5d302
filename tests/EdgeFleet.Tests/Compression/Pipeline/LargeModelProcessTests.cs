using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>The way from file to file in a process of its own: what it holds of a model, and what it leaves when it is stopped.</summary>
public sealed class LargeModelProcessTests
{
    /// <summary>Of 16 MiB each: 384 MiB in all.</summary>
    private const int Layers = 24;

    /// <summary>
    /// The runtime ends the process where managed memory would go beyond: 144 MiB, nine tensors of this model. Held once, its floats
    /// would take 384 MiB, as float16 192.
    /// </summary>
    private const string HeapLimit = "0x9000000";

    [Theory]
    [InlineData("fp16")]
    [InlineData("int8-dynamic")]
    [InlineData("weights4")]
    public async Task The_engine_never_holds_the_model(string profile)
    {
        using var folder = new TempFolder();
        var model = BigFile.Write(folder.Path, Layers);
        var output = Path.Combine(folder.Path, "out.onnx");
        using var process = SiloProcess.StartWith(
            new() { ["DOTNET_GCHeapHardLimit"] = HeapLimit }, "compress", model, "-o", output, "--profile", profile, "--file-to-file");
        (await process.ExitCodeAsync()).ShouldBe(0, string.Join('\n', process.Error));
        new FileInfo(output).Length.ShouldBeInRange(Layers * BigFile.LayerBytes / 8, (Layers * BigFile.LayerBytes / 2) + 100_000);
        Directory.GetFileSystemEntries(folder.Path).Length.ShouldBe(3, "the model, its data, and the output");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stopped_while_it_writes_it_leaves_nothing(bool interrupt)
    {
        using var folder = new TempFolder();
        var model = BigFile.Write(folder.Path, Layers);
        using var process = SiloProcess.Start("compress", model, "-o", Path.Combine(folder.Path, "out.onnx"), "--profile", "weights4", "--file-to-file");
        await Eventually.True(() => Directory.GetFiles(folder.Path, "constants.0", SearchOption.AllDirectories).Length > 0, "weights are being written");
        if (interrupt)
        {
            process.Interrupt();
        }
        else
        {
            process.Terminate();
        }

        (await process.ExitCodeAsync()).ShouldBe(130, string.Join('\n', process.Error));
        Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["big.onnx", "big.onnx.data"]);
    }
}
