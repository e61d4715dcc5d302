using System.Diagnostics;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Commands;

/// <summary>The native library of ONNX Runtime reports to its maker unless it is kept from it before it starts.</summary>
public sealed class RuntimeTelemetryTests
{
    [Fact]
    public async Task Compressing_leaves_no_device_id_no_events_and_no_log_of_the_runtime_s_telemetry_behind()
    {
        using var home = new TempFolder();
        using var temporary = new TempFolder();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["HOME"] = home.Path;
        start.Environment["XDG_CACHE_HOME"] = home.File(".cache");
        start.Environment["TMPDIR"] = temporary.Path;
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");
        foreach (var argument in (string[])[
            typeof(EdgeFleet.Silo.Commands.SiloCommandLine).Assembly.Location, "compress", RepositoryRoot.TestModel("lenet-mnist.onnx"), "-o", home.File("out.onnx"), "--profile", "fp32"])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await error + await output);
        File.Exists(home.File("out.onnx")).ShouldBeTrue();
        Directory.GetFiles(home.Path, "*", SearchOption.AllDirectories).Where(f => f.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
        Directory.GetFiles(temporary.Path, "mat-debug*").ShouldBeEmpty();
    }
}
