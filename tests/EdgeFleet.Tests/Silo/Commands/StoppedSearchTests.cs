using System.Text.Json;
using EdgeFleet.Tests.Agent;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Commands;

/// <summary>What is left of a search whose process is killed, or whose disk is full, and that the same command goes on from it.</summary>
public sealed class StoppedSearchTests
{
    private const int Longest = 300;

    private static readonly string[] s_search =
    [
        "compress", RepositoryRoot.TestModel("lenet-mnist.onnx"), "--goal", "at most 1 point lost, smallest", "--max-samples", "128",
        "--calibration", RepositoryRoot.Path("tests", "data", "mnist-calib512-images-idx3-ubyte.gz"),
        "--labels", RepositoryRoot.Path("tests", "data", "mnist-calib512-labels-idx1-ubyte.gz"),
    ];

    [Fact]
    public async Task A_search_that_is_killed_twice_goes_on_with_what_it_had_measured()
    {
        using var folder = new TempFolder();
        var (made, report) = (Path.Combine(folder.Path, "made.onnx"), Path.Combine(folder.Path, "report.json"));
        var kept = new List<(string Name, double Seconds)>();
        foreach (var lines in new[] { 1, 4 })
        {
            using var killed = SiloProcess.Start([.. s_search, "-o", made]);
            await UntilAsync(() => Lines(made).Count >= lines, killed);
            killed.Kill();
            await killed.ExitCodeAsync();
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).ShouldBe(["made.onnx.search"]);
            var measured = Lines(made);
            measured.Take(kept.Count).ShouldBe(kept);
            kept = measured;
        }

        // As a kill within a write leaves it.
        await File.AppendAllTextAsync($"{made}.search", "{\"key\":\"ab");
        using var process = SiloProcess.Start([.. s_search, "-o", made, "--report", report]);
        (await process.ExitCodeAsync(Longest)).ShouldBe(0, string.Join('\n', process.Error));

        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["made.onnx", "report.json"]);
        using var study = JsonDocument.Parse(await File.ReadAllTextAsync(report));
        var candidates = study.RootElement.GetProperty("candidates").EnumerateArray().Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("seconds").GetDouble())).ToList();
        candidates.Count.ShouldBeGreaterThan(kept.Count);
        candidates.Take(kept.Count).ShouldBe(kept, "the times of the first measurement, so they were not measured again");
    }

    [MountFact]
    public async Task A_disk_that_fills_up_ends_the_search_with_an_error_and_whole_lines_and_with_room_it_goes_on()
    {
        const int Bytes = 1 << 20;
        using var disk = TinyDisk.TryMount(Bytes).ShouldNotBeNull();
        var (made, filler) = (Path.Combine(disk.Path, "made.onnx"), Path.Combine(disk.Path, "filler"));
        await File.WriteAllBytesAsync(filler, new byte[Bytes - (3 * 4096)]);

        using (var full = SiloProcess.Start([.. s_search, "-o", made]))
        {
            (await full.ExitCodeAsync(Longest)).ShouldBe(2);
            full.Error[^1].ShouldContain("No space left on device");
            full.Error[^1].ShouldContain("made.onnx.search holds what was measured before");
        }

        Directory.GetFiles(disk.Path).Select(Path.GetFileName).Order().ShouldBe(["filler", "made.onnx.search"]);
        var kept = Lines(made);
        kept.ShouldNotBeEmpty();
        (await File.ReadAllTextAsync($"{made}.search")).ShouldEndWith("}\n");

        File.Delete(filler);
        using var process = SiloProcess.Start([.. s_search, "-o", made]);
        (await process.ExitCodeAsync(Longest)).ShouldBe(0, string.Join('\n', process.Error));
        Directory.GetFiles(disk.Path).Select(Path.GetFileName).ShouldBe(["made.onnx"]);
    }

    [MountFact]
    public async Task Where_only_the_variant_finds_no_room_nothing_of_it_is_left_and_what_was_measured_is_kept()
    {
        const int Bytes = 32 * 1024;
        using var disk = TinyDisk.TryMount(Bytes).ShouldNotBeNull();
        var made = Path.Combine(disk.Path, "made.onnx");
        string[] search = ["compress", RepositoryRoot.TestModel("resnet8-fashion-bn.onnx"), "-o", made, "--goal", "most accurate", "--minutes", "0.01"];

        using var process = SiloProcess.Start(search);
        (await process.ExitCodeAsync(Longest)).ShouldBe(2);
        process.Error[^1].ShouldContain("No space left on device");
        Directory.GetFiles(disk.Path).Select(Path.GetFileName).ShouldBe(["made.onnx.search"]);
    }

    /// <summary>Whole lines of the journal.</summary>
    private static List<(string Name, double Seconds)> Lines(string made)
    {
        if (!File.Exists($"{made}.search"))
        {
            return [];
        }

        using var stream = new FileStream($"{made}.search", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var entry = JsonDocument.Parse(line);
            var candidate = entry.RootElement.GetProperty("candidate");
            return (candidate.GetProperty("name").GetString()!, candidate.GetProperty("seconds").GetDouble());
        })];
    }

    private static async Task UntilAsync(Func<bool> holds, SiloProcess process)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(Longest));
        while (!holds())
        {
            limit.IsCancellationRequested.ShouldBeFalse(string.Join('\n', process.Error));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
