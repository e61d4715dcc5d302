using System.Diagnostics;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Silo.Storage;
using EdgeFleet.Silo.Telemetry;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeFleet.Tests.Silo.Telemetry;

public sealed class FleetMetricsTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FleetCounters _counters = new();
    private FleetStore _fleet = null!;

    public Task InitializeAsync()
    {
        _fleet = new FleetStore(FleetDatabase.Open(_folder.File("fleet.db")), TimeProvider.System, NullLogger<FleetStore>.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong()
    {
        _fleet.DeviceChanged(Samples.Device("cam-1") with { Totals = [Samples.Totals] });
        _fleet.DeviceChanged(Samples.Device("cam-2", online: false));
        _fleet.DeviceChanged(Samples.Device("cam-3") with
        {
            Capabilities = new DeviceCapabilities("evil\"} 1\n", [], 1, 1, 1, "1", [], []),
            Totals = [Samples.Totals],
        });
        _fleet.RolloutChanged(Samples.Rollout("r-1"));
        _counters.MessageTaken("telemetry");
        _counters.MessageRejected(UpFault.Oversize);

        var (code, output) = await CheckAsync(Write());

        output.ShouldBe("");
        code.ShouldBe(0);
    }

    [Fact]
    public async Task An_empty_fleet_is_fine_too() => (await CheckAsync(Write())).ShouldBe((0, ""));

    [Fact]
    public void The_latency_histogram_is_cumulative_in_seconds()
    {
        _fleet.DeviceChanged(Samples.Device("cam-1") with { Totals = [Samples.Totals] });

        var lines = Write().Split('\n').Where(l => l.StartsWith("edgefleet_inference_latency_seconds", StringComparison.Ordinal)).ToList();

        lines.ShouldContain(l => l.Contains("le=\"0.001024\"} 0", StringComparison.Ordinal));
        lines.ShouldContain(l => l.Contains("le=\"0.002048\"} 10", StringComparison.Ordinal));
        lines.ShouldContain(l => l.Contains("le=\"+Inf\"} 10", StringComparison.Ordinal));
        lines.ShouldContain(l => l.StartsWith("edgefleet_inference_latency_seconds_sum", StringComparison.Ordinal) && l.EndsWith(" 0.015", StringComparison.Ordinal));
        lines.ShouldContain(l => l.StartsWith("edgefleet_inference_latency_seconds_count", StringComparison.Ordinal) && l.EndsWith(" 10", StringComparison.Ordinal));
    }

    [Fact]
    public void Devices_of_one_class_are_summed()
    {
        _fleet.DeviceChanged(Samples.Device("cam-1") with { Totals = [Samples.Totals] });
        _fleet.DeviceChanged(Samples.Device("cam-2") with { Totals = [Samples.Totals] });

        Write().ShouldContain("profile=\"int8-reduced\",variant=\"" + Samples.Totals.Variant.Short + "\",hardware=\"x64-avx2\"} 20\n");
    }

    [Fact]
    public void An_offline_device_counts_as_offline_whatever_it_said_last()
    {
        _fleet.DeviceChanged(Samples.Device("cam-1", online: false) with { Reported = Samples.Report });
        _fleet.DeviceChanged(Samples.Device("cam-2") with { Reported = Samples.Report });

        var text = Write();
        text.ShouldContain("edgefleet_devices{state=\"offline\"} 1\n");
        text.ShouldContain("edgefleet_devices{state=\"downloading\"} 1\n");
    }

    private static async Task<(int Code, string Output)> CheckAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        var output = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, output);
    }

    private string Write() => new FleetMetrics(_fleet, _counters, new SiloParts([], NullLogger<SiloParts>.Instance)).Write();
}
