using System.Text.Json;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Http;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Cli.Demo;

/// <summary>The demonstration, step by step. A step that does not hold throws, with what was seen instead.</summary>
internal sealed class DemoStory(DemoOptions options, Stage stage, DemoScreen screen, TimeProvider time)
{
    private const string Name = "resnet20-fashion";

    /// <summary>How far a device's accuracy may be below fp32's: three standard deviations of a share near 0.92 over 2,000 images are 0.018.</summary>
    private const double AccuracySlack = 0.025;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly ModelId Good = ModelId.Of(Name, "1");
    private static readonly ModelId Bad = ModelId.Of(Name, "2");

    private readonly DeviceBoard _board = new(options.Images, time);
    private readonly HashSet<DeviceId> _servedBad = [];
    private long _telemetryLost;

    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        var manifest = await UploadAsync(cancellationToken);
        var received = await RollOutAsync(cancellationToken);

        // The devices have work to do for a while: what needs the machine more than the fleet is done meanwhile.
        using var background = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var bad = PrepareBadVersionAsync(background.Token);
        var fp32 = MeasureFp32Async(bad, background.Token);
        try
        {
            await LoseBrokerAsync(cancellationToken);
            await ClassifyAsync(cancellationToken);
            var rolledBack = await RefuseBadVersionAsync(bad, cancellationToken);
            return await ReportAsync(manifest, received, rolledBack, await fp32, cancellationToken);
        }
        finally
        {
            await background.CancelAsync();
            await Task.WhenAll(bad, fp32).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        screen.Begin("A silo and three devices");
        await stage.StartSiloAsync(cancellationToken);
        screen.Say($"the silo is up at {stage.Server}, and with it the dashboard");
        var source = Path.Combine(stage.Folder, "images");
        Directory.CreateDirectory(source);
        foreach (var file in new[] { "fashion-test-images-idx3-ubyte.gz", "fashion-test-labels-idx1-ubyte.gz" })
        {
            File.Copy(stage.Asset(file), Path.Combine(source, file), overwrite: true);
        }

        var token = await stage.EnrolmentTokenAsync(cancellationToken);
        foreach (var device in DemoDevice.All)
        {
            stage.StartAgent(device, token, source);
            screen.Say($"{device.Id}: {device.Words}");
        }

        await FollowAsync("three devices enrolled and online", devices => devices.Count == DemoDevice.All.Count && devices.All(d => d.Online && d.Capabilities is not null), cancellationToken);
        foreach (var device in await DevicesAsync(cancellationToken))
        {
            screen.Say($"{device.Device} registered as {DeviceFacts.Hardware(device.Capabilities!)}");
        }
    }

    private async Task<ModelManifest> UploadAsync(CancellationToken cancellationToken)
    {
        screen.Begin("A model, with samples of its input");
        var upload = new ModelUpload(Good.Name, Good.Version, new FileInfo(stage.Asset(Name + ".onnx")))
        {
            Calibration = new FileInfo(stage.Asset("fashion-calib512-images-idx3-ubyte.gz")),
            Labels = new FileInfo(stage.Asset("fashion-calib512-labels-idx1-ubyte.gz")),
        };
        var manifest = await stage.Fleet.PushModelAsync(upload, cancellationToken);
        screen.Say($"{manifest.Model}: {Format.Bytes(manifest.Artifact.SizeBytes)}, {Format.Count(manifest.Parameters)} parameters, opset {manifest.Opset}");
        return manifest;
    }

    private async Task<Dictionary<DeviceId, long>> RollOutAsync(CancellationToken cancellationToken)
    {
        screen.Begin("Rolled out: one canary, then the rest");
        var rollout = await stage.Fleet.StartRolloutAsync(new RolloutSpec(Good) { Soak = TimeSpan.FromSeconds(1) }, new RolloutId("fashion-1"), cancellationToken);
        var end = await FollowRolloutAsync(rollout, cancellationToken);
        if (end.Status != RolloutStatus.Succeeded)
        {
            throw new DemoFailedException($"the rollout of {Good} ended as {end.Status}: {end.Message ?? (end.Events is [.., var last] ? last.Text : "it said nothing")}");
        }

        if (end.Executions.FirstOrDefault(e => e.Status != ExecutionStatus.Succeeded) is { } left)
        {
            throw new DemoFailedException($"{left.Device} did not get {Good}: {left.Status}, {left.Message ?? left.Reason}");
        }

        foreach (var execution in end.Executions)
        {
            screen.Say($"{execution.Device}: {execution.Reason}");
        }

        return (await DevicesAsync(cancellationToken)).ToDictionary(d => d.Device, d => d.Reported?.BytesReceived ?? 0);
    }

    private async Task LoseBrokerAsync(CancellationToken cancellationToken)
    {
        screen.Begin($"The broker is gone for {options.Outage.TotalSeconds:0} s");
        var before = await AskAllAsync(cancellationToken);
        await stage.Fleet.StopBrokerAsync(options.Outage, cancellationToken);
        var outage = new OutageBoard(before, options.Outage - TimeSpan.FromSeconds(1), time);
        await screen.FollowAsync("the end of the outage", options.Outage + Patience, async token => outage.Look(await AskAllAsync(token)), cancellationToken);
        outage.RequireThatAllWentOn();

        var settlement = new Settlement(stage);
        await screen.FollowAsync("every device's telemetry is counted again", Patience, async token =>
        {
            var devices = await DevicesAsync(token);
            var settled = await settlement.LookAsync(devices, token);
            return _board.Look(devices, null, settled);
        }, cancellationToken);
        _telemetryLost = settlement.Lost;
        screen.Say(_telemetryLost == 0
            ? $"the broker is back, and all {Format.Count(settlement.Counted)} answers so far are counted: none lost, none twice"
            : $"the broker is back, and {Format.Count(_telemetryLost)} answers are not counted rightly");
    }

    private async Task ClassifyAsync(CancellationToken cancellationToken)
    {
        screen.Begin($"Every device classifies {Format.Count(options.Images)} labelled images");
        await FollowAsync("enough images", devices => devices.All(d => DeviceBoard.Labelled(d) >= options.Images), cancellationToken, counts: true);
    }

    /// <summary>Makes and uploads it, and has its forms produced, while the devices are busy.</summary>
    private async Task PrepareBadVersionAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(stage.Folder, Name + "-permuted.onnx");
        await stage.RunToolAsync("permute", ["permute", stage.Asset(Name + ".onnx"), "-o", file], cancellationToken);
        await stage.Fleet.PushModelAsync(
            new ModelUpload(Bad.Name, Bad.Version, new FileInfo(file)) { Calibration = new FileInfo(stage.Asset("fashion-calib512-images-idx3-ubyte.gz")) },
            cancellationToken);
        var profiles = (await stage.Fleet.DevicesAsync(cancellationToken)).Devices.Select(d => d.Desired?.Profile).OfType<CompressionProfile>().Distinct();
        foreach (var profile in profiles)
        {
            await stage.Fleet.EnsureVariantAsync(Bad, profile, cancellationToken);
        }

        while ((await stage.Fleet.ModelAsync(Bad, cancellationToken)).Variants.Any(v => v.Status == VariantStatus.Producing))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellationToken);
        }
    }

    private async Task<bool> RefuseBadVersionAsync(Task prepared, CancellationToken cancellationToken)
    {
        screen.Begin("A bad version: it loads, it runs, it reproduces its golden outputs, and its classes are permuted");
        await prepared;
        var rollout = await stage.Fleet.StartRolloutAsync(new RolloutSpec(Bad) { Soak = TimeSpan.FromSeconds(1) }, new RolloutId("fashion-2"), cancellationToken);
        _board.ForgetStory();
        var end = await FollowRolloutAsync(rollout, cancellationToken);
        var refusal = end.Executions.FirstOrDefault(e => e.Status is ExecutionStatus.Failed or ExecutionStatus.RolledBack);
        screen.Say(refusal is null ? $"nobody refused it: {end.Status}" : $"{refusal.Device} refused it: {refusal.Message}");

        await FollowAsync(
            "every device proved on the good version again",
            seen => seen.All(d => d.Reported is { Phase: InstallPhase.Proved } reported && reported.Generation == d.Desired?.Generation),
            cancellationToken);
        var devices = await DevicesAsync(cancellationToken);
        foreach (var device in devices)
        {
            screen.Say($"{device.Device} serves {device.Reported?.ActiveModel} as {device.Reported?.ActiveProfile}");
        }

        return end.Status == RolloutStatus.RolledBack && devices.All(d => d.Reported?.ActiveModel == Good);
    }

    private async Task<DemoReport> ReportAsync(
        ModelManifest manifest, Dictionary<DeviceId, long> received, bool rolledBack, double fp32, CancellationToken cancellationToken)
    {
        var devices = await DevicesAsync(cancellationToken);
        var reports = devices.Select(d => Describe(d, manifest, received[d.Device], fp32)).ToList();
        var ok = _telemetryLost == 0 && _servedBad.Count == 0 && rolledBack
            && reports.TrueForAll(r => r.Inferences >= options.Images && r.Accuracy >= fp32 - AccuracySlack);
        return new DemoReport(reports, _telemetryLost, _servedBad.Count, rolledBack, Math.Round(screen.Elapsed.TotalSeconds, 1), ok);
    }

    private static DemoDeviceReport Describe(DeviceView device, ModelManifest manifest, long received, double fp32)
    {
        var serving = DeviceFacts.Serving(device) ?? throw new DemoFailedException($"{device.Device} has no totals of what it serves.");
        return new DemoDeviceReport(
            device.Device.Value,
            serving.Profile.Value,
            device.ProfileReason ?? "",
            device.Desired?.Variant.SizeBytes ?? 0,
            manifest.Artifact.SizeBytes,
            received,
            Math.Round(serving.Latency.QuantileMs(0.5), 3),
            Math.Round(serving.Latency.QuantileMs(0.95), 3),
            serving.Inferences,
            Math.Round(serving.Accuracy ?? 0, 5),
            Math.Round(fp32, 5));
    }

    private async Task<double> MeasureFp32Async(Task after, CancellationToken cancellationToken)
    {
        await after;
        var output = await stage.RunToolAsync(
            "evaluate",
            ["evaluate", stage.Asset(Name + ".onnx"), "--images", stage.Asset("fashion-test-images-idx3-ubyte.gz"), "--labels", stage.Asset("fashion-test-labels-idx1-ubyte.gz"), "--runs", "1", "--json"],
            cancellationToken);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("accuracy").GetDouble();
    }

    private async Task<RolloutInfo> FollowRolloutAsync(RolloutId rollout, CancellationToken cancellationToken)
    {
        RolloutInfo? info = null;
        await screen.FollowAsync($"the end of rollout {rollout}", Patience, async token =>
        {
            info = await stage.Fleet.RolloutAsync(rollout, token);
            return _board.Look(await DevicesAsync(token), info, RolloutWatch.HasEnded(info.Status));
        }, cancellationToken);
        return info!;
    }

    private Task FollowAsync(string what, Func<IReadOnlyList<DeviceView>, bool> done, CancellationToken cancellationToken, bool counts = false) =>
        screen.FollowAsync(what, Patience, async token =>
        {
            var devices = await DevicesAsync(token);
            return _board.Look(devices, null, done(devices), counts);
        }, cancellationToken);

    private async Task<IReadOnlyList<DeviceView>> DevicesAsync(CancellationToken cancellationToken)
    {
        stage.CheckChildren();
        var devices = (await stage.Fleet.DevicesAsync(cancellationToken)).Devices;
        _servedBad.UnionWith(devices.Where(d => d.Reported?.ActiveModel == Bad || d.Totals.Any(t => t.Model == Bad && t.Inferences > 0)).Select(d => d.Device));
        return devices;
    }

    private async Task<Dictionary<DeviceId, AgentStatus>> AskAllAsync(CancellationToken cancellationToken)
    {
        var answers = new Dictionary<DeviceId, AgentStatus>();
        foreach (var device in DemoDevice.All)
        {
            answers[device.Id] = await stage.AskAgentAsync(device.Id, cancellationToken);
        }

        return answers;
    }
}
