using System.Diagnostics;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary><c>./fleet fuzz</c> as a process: whatever becomes of its workers, it says what it did.</summary>
public sealed class FuzzRunnerTests
{
    private static readonly string s_executable = RepositoryRoot.Path(
        "tests", "EdgeFleet.Fuzz", "bin", AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "EdgeFleet.Fuzz.dll");

    [Fact]
    public async Task A_worker_that_is_killed_is_a_finding_and_a_run_that_is_stopped_ends_with_its_figures()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var process = Process.Start(new ProcessStartInfo("dotnet", [s_executable, "samples", "--minutes", "30", "--workers", "1", "--seed", "77"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            var first = await WorkerAsync(process.Id, 0, limit.Token);
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, limit.Token);
            Signal("KILL", first);
            await WorkerAsync(process.Id, first, limit.Token);
            Signal("TERM", process.Id);
            await process.WaitForExitAsync(limit.Token);

            (await output).ShouldContain("ended the process with code 137", customMessage: await errors);
            (await output).TrimEnd().Split('\n')[^1].ShouldEndWith("1 findings, stopped early");
            process.ExitCode.ShouldNotBe(0);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            foreach (var file in Directory.EnumerateFiles(RepositoryRoot.Path("artifacts", "fuzz"), "samples-77-*"))
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>The process's child that is not the one known.</summary>
    private static async Task<int> WorkerAsync(int parent, int known, CancellationToken cancellationToken)
    {
        while (true)
        {
            var other = Children(parent).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).FirstOrDefault(c => c != known);
            if (other != 0)
            {
                return other;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>A child belongs to the thread that started it.</summary>
    private static string Children(int parent) => string.Concat(Directory.EnumerateDirectories($"/proc/{parent}/task").Select(t =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(t, "children"));
        }
        catch (IOException)
        {
            return "";
        }
    }));

    private static void Signal(string name, int id) => Process.Start("kill", [$"-{name}", id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();
}
