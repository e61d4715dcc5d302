using System.Text.Json;
using EdgeFleet.Cli.Demo;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Cli.Demo;

public sealed class DemoReportTests
{
    [Fact]
    public async Task The_file_has_exactly_the_promised_members()
    {
        using var folder = new TempFolder();
        var device = new DemoDeviceReport("camera-1", "int8-reduced", "int8-reduced: AVX2 without VNNI", 1_150_000, 4_340_598, 1_150_000, 2.5, 3.4, 2345, 0.92, 0.9241);

        await new DemoReport([device], 0, 0, true, 51.2, true).WriteAsync(folder.File("deep", "demo.json"), CancellationToken.None);

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(folder.File("deep", "demo.json")));
        json.RootElement.EnumerateObject().Select(p => p.Name)
            .ShouldBe(["devices", "telemetryLost", "badVersionActivations", "rolledBack", "elapsedSeconds", "ok"]);
        json.RootElement.GetProperty("devices")[0].EnumerateObject().Select(p => p.Name).ShouldBe(
            ["id", "profile", "reason", "variantBytes", "fp32Bytes", "bytesReceived", "p50Ms", "p95Ms", "inferences", "accuracy", "fp32Accuracy"]);
    }
}
