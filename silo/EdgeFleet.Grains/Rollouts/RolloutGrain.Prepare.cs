using System.Globalization;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains.Models;

namespace EdgeFleet.Grains.Rollouts;

/// <content>From a specification to waves: select devices and forms, have the variants produced, plan.</content>
internal sealed partial class RolloutGrain
{
    private ModelManifest? _manifest;

    private async Task PrepareAsync()
    {
        if (State.Executions.Count == 0 && !await SelectDevicesAsync())
        {
            return;
        }

        if (!await EnsureVariantsAsync())
        {
            return;
        }

        if (!State.Executions.Exists(e => e.TakesPart))
        {
            await EnterAsync(RolloutStatus.Failed, $"no profile suits any device: {State.Executions[0].Reason}");
            return;
        }

        await PlanWavesAsync();
    }

    private async Task<bool> SelectDevicesAsync()
    {
        var fleet = await directory.ListDevicesAsync(CancellationToken.None);
        var devices = fleet.Where(Selected).ToList();
        if (devices.Count is 0 or > RolloutSpecRules.MaxDevices)
        {
            await EnterAsync(RolloutStatus.Failed, devices.Count == 0
                ? "no registered device matches the selection"
                : $"{devices.Count} devices match the selection, and a rollout takes {RolloutSpecRules.MaxDevices}: select by tags");
            return false;
        }

        var manifest = await ManifestAsync();
        State.Executions.AddRange(devices.Select(d => Select(new RolloutExecution { Device = d.Device }, d, manifest)));
        var known = devices.Select(d => d.Device).ToHashSet();
        State.Executions.AddRange(Spec.Devices.Distinct().Where(d => !known.Contains(d)).Select(d => new RolloutExecution
        {
            Device = d,
            Status = ExecutionStatus.Infeasible,
            Reason = "not in the selection: it never registered, or lacks a tag",
        }));
        foreach (var form in State.Executions.GroupBy(e => e.Profile))
        {
            State.Tell(time.GetUtcNow(), $"{form.Key?.Value ?? "no form"} for {form.Count()} of {State.Executions.Count} devices, such as {form.First().Device}: {form.First().Reason}");
        }

        _byDevice = null;
        await SaveAsync();
        return true;
    }

    private bool Selected(DeviceView device) =>
        device.Capabilities is not null
        && (Spec.Devices.Count == 0 || Spec.Devices.Contains(device.Device))
        && Spec.Tags.All(t => device.Tags.TryGetValue(t.Key, out var value) && value == t.Value);

    private RolloutExecution Select(RolloutExecution execution, DeviceView device, ModelManifest manifest)
    {
        var choice = ProfileSelector.Choose(device.Capabilities!, manifest, Spec.Profiles, State.Variants, Spec.MostBytes);
        execution.Profile = choice.Profile;
        execution.Reason = choice.Reason;
        execution.Status = choice.Profile is null ? ExecutionStatus.Infeasible : ExecutionStatus.Queued;
        return execution;
    }

    /// <summary>True when every form that a device is to take is ready. One that can't be had sends its devices to their next best.</summary>
    private async Task<bool> EnsureVariantsAsync()
    {
        var manifest = await ManifestAsync();
        while (true)
        {
            var open = State.Executions.Where(e => e.TakesPart).Select(e => e.Profile!.Value).Distinct().Where(p => State.Ready(p) is null).ToList();
            if (open.Count == 0)
            {
                return true;
            }

            var ended = new List<VariantInfo>();
            foreach (var profile in open)
            {
                var variant = await AskForAsync(profile, manifest);
                if (variant.Status is VariantStatus.Ready or VariantStatus.Refused or VariantStatus.Failed)
                {
                    ended.Add(variant);
                }
            }

            if (ended.Count == 0)
            {
                return false;
            }

            State.Variants.AddRange(ended);
            ended.ForEach(v => State.Tell(time.GetUtcNow(), Tell(v)));
            if (State.Variants.Exists(IsLost))
            {
                await SelectAgainAsync(manifest);
            }

            await SaveAsync();
        }
    }

    /// <summary>Asks for production once; what failed after that stays failed for this rollout.</summary>
    private async Task<VariantInfo> AskForAsync(CompressionProfile profile, ModelManifest manifest)
    {
        if (State.Asked.Contains(profile))
        {
            var present = await GrainFactory.GetGrain<IVariantGrain>(VariantKey.Of(manifest, profile)).Describe();
            if (present.Status != VariantStatus.None)
            {
                return present;
            }
        }

        var variant = await GrainFactory.GetGrain<IModelGrain>(Spec.Model.Value).EnsureVariant(profile);
        if (!State.Asked.Contains(profile))
        {
            State.Asked.Add(profile);
            await SaveAsync();
        }

        return variant;
    }

    /// <summary>Not to be had, or larger than was expected of it and than the rollout sends.</summary>
    private bool IsLost(VariantInfo variant) => variant.Status != VariantStatus.Ready || variant.Artifact?.SizeBytes > Spec.MostBytes;

    private async Task SelectAgainAsync(ModelManifest manifest)
    {
        var lost = State.Variants.Where(IsLost).Select(v => v.Profile).ToHashSet();
        var devices = (await directory.ListDevicesAsync(CancellationToken.None)).ToDictionary(d => d.Device);
        foreach (var execution in State.Executions.Where(e => e.Profile is { } profile && lost.Contains(profile)))
        {
            if (devices.TryGetValue(execution.Device, out var device))
            {
                Select(execution, device, manifest);
            }
        }
    }

    private async Task PlanWavesAsync()
    {
        var part = State.Executions.Where(e => e.TakesPart).ToDictionary(e => e.Device);
        var devices = await directory.ListDevicesAsync(CancellationToken.None);
        var candidates = devices.Where(d => part.ContainsKey(d.Device)).Select(d => new WaveCandidate(
            d.Device, d.Capabilities!.HardwareClass, part[d.Device].Profile!.Value, d.Online, d.Reported?.Active is not null));
        foreach (var (device, wave) in WavePlanner.Plan([.. candidates], Spec.CanaryDevices))
        {
            part[device].Wave = wave;
        }

        await OpenWaveAsync(0);
    }

    private async Task<ModelManifest> ManifestAsync() =>
        _manifest ??= await GrainFactory.GetGrain<IModelGrain>(Spec.Model.Value).GetManifest()
            ?? throw new InvalidOperationException($"Model {Spec.Model} is gone.");

    private static string Tell(VariantInfo variant) => variant.Status == VariantStatus.Ready
        ? $"{variant.Profile} is ready: {variant.Artifact!.SizeBytes.ToString("N0", CultureInfo.InvariantCulture)} bytes{Tell(variant.Quality)}"
        : $"{variant.Profile} can't be used, {(variant.Status == VariantStatus.Refused ? "it is below its floor" : "its production failed")}: {variant.Message}";

    private static string Tell(QualityReport? quality) => quality is null or { SourceSizeBytes: 0 }
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $", {quality.SizeBytes / (double)quality.SourceSizeBytes:0.000} of the original, agrees on {quality.Top1Agreement * 100:0.##} %, {quality.LatencyRatio:0.00} of its latency");
}
