using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Grains.Rollouts;

namespace EdgeFleet.Tests.Grains.Rollouts;

public sealed class RolloutReportsTests
{
    private static readonly Sha256Digest Variant = Some.Digest("variant");

    [Theory]
    [InlineData(ExecutionStatus.InProgress, 3, InstallPhase.Proved, true, ExecutionStatus.Succeeded)]
    [InlineData(ExecutionStatus.InProgress, 3, InstallPhase.Proved, false, null)]
    [InlineData(ExecutionStatus.InProgress, 3, InstallPhase.Soaking, true, null)]
    [InlineData(ExecutionStatus.InProgress, 2, InstallPhase.Proved, true, null)]
    [InlineData(ExecutionStatus.InProgress, 4, InstallPhase.Proved, true, null)]
    [InlineData(ExecutionStatus.InProgress, 2, InstallPhase.Failed, false, null)]
    [InlineData(ExecutionStatus.InProgress, 3, InstallPhase.Failed, false, ExecutionStatus.Failed)]
    [InlineData(ExecutionStatus.Succeeded, 3, InstallPhase.Failed, false, ExecutionStatus.Failed)]
    [InlineData(ExecutionStatus.Succeeded, 3, InstallPhase.Proved, false, ExecutionStatus.InProgress)]
    [InlineData(ExecutionStatus.Succeeded, 3, InstallPhase.Soaking, true, null)]
    [InlineData(ExecutionStatus.Succeeded, 0, InstallPhase.Idle, false, ExecutionStatus.InProgress)]
    [InlineData(ExecutionStatus.Failed, 3, InstallPhase.Proved, true, ExecutionStatus.Succeeded)]
    [InlineData(ExecutionStatus.Queued, 3, InstallPhase.Proved, true, null)]
    [InlineData(ExecutionStatus.Cancelled, 3, InstallPhase.Failed, true, null)]
    [InlineData(ExecutionStatus.RolledBack, 3, InstallPhase.Proved, true, null)]
    public void Only_proof_of_the_very_digest_in_the_very_generation_is_success_and_saying_less_retracts_it(
        ExecutionStatus before, long generation, InstallPhase phase, bool isActive, ExecutionStatus? after)
    {
        var execution = new RolloutExecution { Device = new DeviceId("a"), Status = before, Generation = 3 };
        var reported = Some.Reported("a", 1, generation, phase) with { Active = isActive ? Variant : Some.Digest("other") };

        RolloutReports.Next(execution, Variant, reported).ShouldBe(after);
    }
}
