using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;

namespace EdgeFleet.Grains.Rollouts;

/// <content>
/// The way back. Every device that a wave reached is told to run what it had proved before, those that refused too: what serves on
/// them is that already, and their desired state must not name the bad version for ever.
/// </content>
internal sealed partial class RolloutGrain
{
    private async Task TakeBackAsync()
    {
        var untold = State.Executions.Where(e => !e.Reverted && e.Status is not (ExecutionStatus.Infeasible or ExecutionStatus.Cancelled)).ToList();
        foreach (var execution in untold.Where(e => e.Wave > State.OpenWave))
        {
            execution.Reverted = true;
            execution.Status = ExecutionStatus.Cancelled;
            execution.Message = "the rollout was taken back before its turn";
        }

        // Also those that count as queued: a crash may have come between a device's assignment and our note of it.
        foreach (var chunk in untold.Where(e => e.Wave <= State.OpenWave).Take(HandedOutPerTick).Chunk(Parallel))
        {
            await Task.WhenAll(chunk.Select(TakeBackAsync));
        }

        var before = State.Executions.Count(IsUnderWay);
        foreach (var (execution, view) in await AskAsync([.. State.Executions.Where(e => e.Reverted && IsUnderWay(e))]))
        {
            Settle(execution, view);
        }

        var underWay = State.Executions.Where(IsUnderWay).ToList();
        if (underWay.Count == 0)
        {
            var back = State.Executions.Count(e => e.Status == ExecutionStatus.RolledBack);
            var outcome = back == 0 ? "no device had taken it" : $"{back} device(s) are back on what they ran before";
            await EnterAsync(RolloutStatus.RolledBack, $"{State.Message}; {outcome}");
        }
        else if (untold.Count > 0 || underWay.Count != before)
        {
            await SaveAsync();
        }
    }

    private static bool IsUnderWay(RolloutExecution execution) =>
        execution.Status is ExecutionStatus.Queued or ExecutionStatus.InProgress or ExecutionStatus.Succeeded
        || (execution is { Status: ExecutionStatus.Failed, Reverted: false });

    private async Task TakeBackAsync(RolloutExecution execution)
    {
        var desired = await GrainFactory.GetGrain<IDeviceGrain>(execution.Device.Value).Revert(Id);
        execution.Reverted = true;
        if (desired is not null && desired.Rollout == Id)
        {
            execution.RevertGeneration = desired.Generation;
            execution.Status = execution.Status == ExecutionStatus.Queued ? ExecutionStatus.InProgress : execution.Status;
        }
        else if (execution.Status != ExecutionStatus.Failed)
        {
            var wasTold = execution.Status != ExecutionStatus.Queued;
            execution.Status = ExecutionStatus.Cancelled;
            execution.Message = !wasTold ? "the rollout was taken back before its turn"
                : desired is null ? "nothing was proved here before, so there is nothing to go back to"
                : $"superseded by {(desired.Rollout is { } rollout ? rollout.Value : "a direct assignment")}";
        }
    }

    /// <summary>A device is back when it proved so. One that is away and never activated the version has nothing to prove: it will not.</summary>
    private void Settle(RolloutExecution execution, DeviceView view)
    {
        if (view.Desired is { } desired && desired.Rollout != Id)
        {
            Supersede(execution, desired);
            return;
        }

        var variant = State.Ready(execution.Profile)?.Artifact?.Sha256;
        var generation = view.Desired?.Generation ?? execution.RevertGeneration;
        if (view.Reported is { } reported && reported.Generation >= generation && reported.Phase == InstallPhase.Proved)
        {
            execution.Status = ExecutionStatus.RolledBack;
            execution.Message = "back on what it ran before";
        }
        else if (view.Reported is { Phase: InstallPhase.Failed } failed && failed.Generation >= generation)
        {
            execution.Status = ExecutionStatus.Failed;
            execution.Message = $"could not go back: {failed.Failure}, {failed.Message}";
        }
        else if (!view.Online && (view.Reported?.Active is null || view.Reported.Active != variant))
        {
            execution.Status = ExecutionStatus.RolledBack;
            execution.Message = "unreachable, and not on this version when last heard of: it stays on what it ran before";
        }
        else
        {
            execution.Message = view.Online ? "on its way back" : "unreachable: it goes back when it returns";
            return;
        }

        State.Tell(time.GetUtcNow(), $"{execution.Device}: {execution.Message}");
    }
}
