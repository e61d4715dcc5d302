using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;

namespace EdgeFleet.Grains.Rollouts;

/// <content>Open waves: hand out, hear, decide.</content>
internal sealed partial class RolloutGrain
{
    /// <summary>Calls to devices at one time.</summary>
    private const int Parallel = 64;

    /// <summary>Devices that one tick hands out to: an operator's word never waits long.</summary>
    private const int HandedOutPerTick = 1024;

    /// <summary>Devices that one tick asks for what they last said.</summary>
    private const int AskedPerTick = 256;

    private Dictionary<DeviceId, RolloutExecution>? _byDevice;
    private int _askFrom;
    private DateTimeOffset _askedAt;

    private async Task OpenWaveAsync(int wave)
    {
        var devices = State.Executions.Where(e => e.TakesPart && e.Wave == wave).Select(e => e.Device.Value).ToList();
        State.OpenWave = wave;
        State.Status = RolloutStatus.Running;
        State.Message = null;
        State.Tell(time.GetUtcNow(), $"wave {wave + 1}{(wave == 0 ? " (canary)" : "")} opens: {devices.Count} device(s), {string.Join(", ", devices.Take(5))}{(devices.Count > 5 ? "…" : "")}");
        await SaveAsync();
        RunClock();
        await RunAsync();
    }

    private async Task RunAsync()
    {
        await HandOutAsync();
        await HearAsync();
        if (State.Status == RolloutStatus.Running)
        {
            await DecideAsync();
        }
    }

    /// <summary>Every opened wave is judged, not only the last: a device that returns late or falls back speaks as loud as one in time.</summary>
    private async Task DecideAsync()
    {
        var decision = RolloutPolicy.Decide(Spec, State.Tally(State.OpenWave));
        for (var wave = 0; wave < State.OpenWave && decision is not (RolloutDecision.Pause or RolloutDecision.RollBack); wave++)
        {
            if (RolloutPolicy.Decide(Spec, State.Tally(wave)) is RolloutDecision.Pause or RolloutDecision.RollBack)
            {
                decision = RolloutPolicy.Decide(Spec, State.Tally(wave));
            }
        }

        switch (decision)
        {
            case RolloutDecision.Advance when State.Executions.Exists(e => e.TakesPart && e.Wave > State.OpenWave):
                var tally = State.Tally(State.OpenWave);
                State.Tell(time.GetUtcNow(), $"wave {State.OpenWave + 1} holds: {tally.Succeeded} of {tally.Devices} proved");
                await OpenWaveAsync(State.OpenWave + 1);
                break;
            case RolloutDecision.Advance when !State.Executions.Exists(e => e.Status is ExecutionStatus.InProgress or ExecutionStatus.Queued):
                await EndAsync();
                break;
            case RolloutDecision.Pause pause:
                await EnterAsync(RolloutStatus.Paused, pause.Reason);
                break;
            case RolloutDecision.RollBack rollBack:
                await EnterAsync(RolloutStatus.RollingBack, rollBack.Reason);
                await TakeBackAsync();
                break;
            default:
                break;
        }
    }

    private Task EndAsync()
    {
        var proved = State.Executions.Count(e => e.Status == ExecutionStatus.Succeeded);
        return proved == 0 && State.Executions.Exists(e => e.Status == ExecutionStatus.Cancelled)
            ? EnterAsync(RolloutStatus.Cancelled, "every device was given something newer meanwhile")
            : EnterAsync(RolloutStatus.Succeeded, $"{proved} of {State.Executions.Count} devices proved {Spec.Model}");
    }

    private async Task HandOutAsync()
    {
        var queued = State.Executions.Where(e => e.Wave <= State.OpenWave && e.Status == ExecutionStatus.Queued).Take(HandedOutPerTick).ToList();
        if (queued.Count == 0)
        {
            return;
        }

        await ManifestAsync();
        foreach (var chunk in queued.Chunk(Parallel))
        {
            await Task.WhenAll(chunk.Select(HandOutAsync));
        }

        await SaveAsync();
    }

    private async Task HandOutAsync(RolloutExecution execution)
    {
        var variant = State.Ready(execution.Profile)
            ?? throw new InvalidOperationException($"Rollout {Id} has no ready variant {execution.Profile} for {execution.Device}.");
        var desired = await GrainFactory.GetGrain<IDeviceGrain>(execution.Device.Value).Assign(new VariantAssignment(
            Id,
            Spec.Model,
            variant.Profile,
            variant.Artifact!,
            variant.Golden!,
            (await ManifestAsync()).Input,
            new ProofPolicy(Spec.AgreementFloor, Soak: Spec.Soak),
            execution.Reason,
            State.CreatedAt));
        if (desired.Rollout == Id)
        {
            execution.Generation = desired.Generation;
            execution.Status = ExecutionStatus.InProgress;
        }
        else
        {
            Supersede(execution, desired);
        }
    }

    /// <summary>Once per tick, asks devices for what they last said: heals lost reports, and finds what another rollout took over.</summary>
    private async Task HearAsync()
    {
        if (time.GetUtcNow() - _askedAt < Tick)
        {
            return;
        }

        _askedAt = time.GetUtcNow();
        var told = State.Executions.Where(e => e.Status is ExecutionStatus.InProgress or ExecutionStatus.Succeeded).ToList();
        _askFrom = _askFrom >= told.Count ? 0 : _askFrom;
        var asked = told.Skip(_askFrom).Take(AskedPerTick).ToList();
        _askFrom += asked.Count;
        var changed = false;
        foreach (var (execution, view) in await AskAsync(asked))
        {
            if (view.Desired is { } desired && desired.Rollout == Id && desired.Generation > execution.Generation && execution.RevertGeneration == 0)
            {
                // The device knew of later generations than its stored state, and was numbered anew.
                execution.Generation = desired.Generation;
                changed = true;
            }

            if (view.Desired is { } other && other.Rollout != Id && execution.Status == ExecutionStatus.InProgress)
            {
                Supersede(execution, other);
                changed = true;
            }

            changed |= view.Reported is { } reported && Apply(reported);
        }

        if (changed)
        {
            await SaveSoonAsync();
        }
    }

    private void Supersede(RolloutExecution execution, DesiredState by)
    {
        execution.Status = ExecutionStatus.Cancelled;
        execution.Message = $"superseded by {(by.Rollout is { } rollout ? rollout.Value : "a direct assignment")}";
        State.Tell(time.GetUtcNow(), $"{execution.Device} was {execution.Message}");
    }

    /// <summary>Takes a report in; true when it changed something. Shared by the devices' calls and the clock's own questions.</summary>
    private bool Apply(ReportedState reported)
    {
        _byDevice ??= State.Executions.ToDictionary(e => e.Device);
        if (State.Status == RolloutStatus.RollingBack
            || !_byDevice.TryGetValue(reported.Device, out var execution)
            || State.Ready(execution.Profile) is not { Artifact: { } variant }
            || RolloutReports.Next(execution, variant.Sha256, reported) is not { } next)
        {
            return false;
        }

        var before = execution.Status;
        execution.Status = next;
        execution.Message = next == ExecutionStatus.Succeeded ? null : reported.Message;
        var text = RolloutReports.Tell(execution, before, reported);
        State.Tell(time.GetUtcNow(), text);
        if (State.Status == RolloutStatus.Succeeded)
        {
            State.Message = $"after the end: {text}";
        }

        return true;
    }

    private async Task<List<(RolloutExecution Execution, DeviceView View)>> AskAsync(IReadOnlyCollection<RolloutExecution> executions)
    {
        var views = new List<(RolloutExecution, DeviceView)>(executions.Count);
        foreach (var chunk in executions.Chunk(Parallel))
        {
            var answers = await Task.WhenAll(chunk.Select(e => GrainFactory.GetGrain<IDeviceGrain>(e.Device.Value).Describe()));
            views.AddRange(chunk.Zip(answers));
        }

        return views;
    }
}
