using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains.Ports;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>One rollout: the operator's door and the story. Its clock and its steps are in the other parts.</summary>
/// <remarks>
/// A state is stored before the calls to devices that follow from it, and these calls give the same answer when they are made again: so a kill at
/// any instant repeats a call but never skips or invents one. Devices tell their outcome by a one-way call; the clock asks those that were not
/// heard of, so that a lost call heals itself.
/// </remarks>
internal sealed partial class RolloutGrain(
    [PersistentState("rollout", GrainStores.Default)] IPersistentState<RolloutState> store,
    IFleetDirectory directory,
    IFleetProjection projection,
    TimeProvider time,
    ILogger<RolloutGrain> logger) : Grain, IRolloutGrain, IRemindable
{
    private RolloutId Id => new(this.GetPrimaryKeyString());

    private RolloutState State => store.State;

    private RolloutSpec Spec => State.Spec ?? throw new InvalidOperationException($"There is no rollout {Id}.");

    private IFleetGrain Fleet => GrainFactory.GetGrain<IFleetGrain>(IFleetGrain.Key);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        RunClock();
        return Task.CompletedTask;
    }

    public async Task Start(RolloutSpec spec)
    {
        if (RolloutSpecRules.Violation(spec) is { } violation)
        {
            throw new ArgumentException(violation, nameof(spec));
        }

        if (State.Spec is { } known)
        {
            if (!SpecEquality.Same(known, spec))
            {
                throw new InvalidOperationException($"Rollout {Id} already exists and asks for {known.Model}: choose another id.");
            }

            return;
        }

        if (await GrainFactory.GetGrain<IModelGrain>(spec.Model.Value).GetManifest() is null)
        {
            throw new InvalidOperationException($"There is no model {spec.Model}: upload it first.");
        }

        // Whoever takes up work after a crash must find it from the first write on.
        await OpenAsync();
        State.Spec = spec;
        State.Status = RolloutStatus.Preparing;
        State.CreatedAt = time.GetUtcNow();
        State.Tell(State.CreatedAt, $"asked for {spec.Model}");
        await SaveAsync();
        RunClock();
    }

    public async Task Poke()
    {
        if (State.IsActive)
        {
            RunClock();
            await StepSafelyAsync();
        }
        else if (State.Status != RolloutStatus.Paused || State.Spec is null)
        {
            await CloseAsync();
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Poke();

    public async Task DeviceReported(ReportedState reported)
    {
        if (State.Spec is null || !Apply(reported))
        {
            return;
        }

        await SaveSoonAsync();
        if (State.IsActive)
        {
            await StepSafelyAsync();
        }
    }

    public async Task Pause(string remark)
    {
        Require(RolloutStatus.Preparing, RolloutStatus.Running);
        await EnterAsync(RolloutStatus.Paused, $"paused by an operator: {Trim(remark)}");
    }

    public async Task Resume()
    {
        Require(RolloutStatus.Paused);
        foreach (var execution in State.Executions.Where(e => e.Status == ExecutionStatus.Failed))
        {
            execution.Accepted = true;
        }

        var accepted = State.Executions.Count(e => e.Accepted);
        await EnterAsync(
            State.OpenWave < 0 ? RolloutStatus.Preparing : RolloutStatus.Running,
            accepted == 0 ? "resumed by an operator" : $"resumed by an operator, who accepts {accepted} failed devices");
    }

    public async Task Cancel(string remark)
    {
        Require(RolloutStatus.Preparing, RolloutStatus.Running, RolloutStatus.Paused);
        foreach (var execution in State.Executions)
        {
            if (execution.Status is ExecutionStatus.Queued or ExecutionStatus.InProgress)
            {
                execution.Message = execution.Status == ExecutionStatus.Queued ? "the rollout ended before its turn" : "told before the end: it may still install it";
                execution.Status = ExecutionStatus.Cancelled;
            }
        }

        await EnterAsync(RolloutStatus.Cancelled, $"cancelled by an operator: {Trim(remark)}");
    }

    public async Task RollBack(string remark)
    {
        Require(RolloutStatus.Preparing, RolloutStatus.Running, RolloutStatus.Paused, RolloutStatus.Succeeded);
        if (State.IsEnded)
        {
            await OpenAsync();
            State.EndedAt = null;
        }

        await EnterAsync(RolloutStatus.RollingBack, $"rolled back by an operator: {Trim(remark)}");
    }

    public Task<RolloutInfo?> Describe() => Task.FromResult(State.Spec is null ? null : View());

    private void Require(params ReadOnlySpan<RolloutStatus> allowed)
    {
        _ = Spec;
        if (!allowed.Contains(State.Status))
        {
            throw new InvalidOperationException($"Rollout {Id} is {State.Status}; this is possible while it is {string.Join(" or ", allowed.ToArray())}.");
        }
    }

    private RolloutInfo View() => new(
        Id,
        Spec,
        State.Status,
        State.Message,
        State.OpenWave,
        Waves(),
        [.. State.Executions.Select(e => new ExecutionInfo(e.Device, e.Wave, e.Status, e.Profile, e.Reason, e.Generation, e.Message))],
        [.. State.Events],
        State.CreatedAt,
        State.EndedAt);

    private WaveInfo[] Waves() => State.Executions.Count == 0 || !State.Executions.Exists(e => e.Wave > 0 || State.OpenWave >= 0)
        ? []
        :
        [
            .. State.Executions.Where(e => e.TakesPart).GroupBy(e => e.Wave).OrderBy(g => g.Key).Select(g => new WaveInfo(
                g.Key,
                g.Count(),
                g.Count(e => e.Status == ExecutionStatus.Succeeded),
                g.Count(e => e.Status == ExecutionStatus.Failed),
                g.Count(e => e.Status == ExecutionStatus.InProgress),
                g.Count(e => e.Status == ExecutionStatus.Queued))),
        ];

    private static string Trim(string remark) => remark.Length > 500 ? remark[..500] : remark;

    [LoggerMessage(EventId = 2201, Level = LogLevel.Information, Message = "Rollout {Rollout} is {Status}: {Detail}")]
    private partial void LogEntered(RolloutId rollout, RolloutStatus status, string detail);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "Rollout {Rollout} could not step while {Status}; the next tick tries again")]
    private partial void LogStepFailed(RolloutId rollout, RolloutStatus status, Exception exception);
}
