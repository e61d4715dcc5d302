using System.Globalization;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>What a device's report means for its execution. Pure.</summary>
internal static class RolloutReports
{
    /// <summary>The status that follows, or null when the report changes nothing.</summary>
    /// <param name="variant">The variant that this execution is to bring.</param>
    /// <remarks>
    /// The only success is proof of the very digest. A device that later says less (another digest, an earlier generation after it was set up
    /// anew, a failure) retracts its success; a failure that it mends itself, it may retract as well.
    /// </remarks>
    public static ExecutionStatus? Next(RolloutExecution execution, Sha256Digest variant, ReportedState reported)
    {
        if (execution.Generation == 0
            || reported.Generation > execution.Generation
            || execution.Status is not (ExecutionStatus.InProgress or ExecutionStatus.Succeeded or ExecutionStatus.Failed))
        {
            return null;
        }

        var next = reported.Generation < execution.Generation ? Earlier(execution, variant, reported)
            : reported.Phase == InstallPhase.Failed ? ExecutionStatus.Failed
            : reported.Phase == InstallPhase.Proved && reported.Active == variant ? ExecutionStatus.Succeeded
            : execution.Status == ExecutionStatus.Succeeded && reported.Active == variant ? ExecutionStatus.Succeeded
            : ExecutionStatus.InProgress;
        return next == execution.Status ? null : next;
    }

    /// <summary>The device's outcome as a line of the story.</summary>
    public static string Tell(RolloutExecution execution, ExecutionStatus before, ReportedState reported) => (before, execution.Status) switch
    {
        (_, ExecutionStatus.Succeeded) => $"{execution.Device} proved {execution.Profile}{Proof(reported.Proof)}",
        (ExecutionStatus.Succeeded, ExecutionStatus.Failed) => $"{execution.Device} fell back from {execution.Profile}: {Why(reported)}",
        (ExecutionStatus.Succeeded, _) => $"{execution.Device} no longer serves {execution.Profile}: it serves {reported.Active?.Short ?? "nothing"}",
        (_, ExecutionStatus.Failed) => $"{execution.Device} refused {execution.Profile}: {Why(reported)}",
        _ => $"{execution.Device} tries again",
    };

    /// <summary>A report of an earlier generation says nothing of this one, save that a success is gone when something else serves.</summary>
    private static ExecutionStatus Earlier(RolloutExecution execution, Sha256Digest variant, ReportedState reported) =>
        execution.Status == ExecutionStatus.Succeeded && reported.Active != variant ? ExecutionStatus.InProgress : execution.Status;

    private static string Why(ReportedState reported) =>
        reported.Message is { Length: > 0 } message ? $"{reported.Failure}, {message}" : reported.Failure.ToString();

    private static string Proof(ProofResult? proof) => proof?.Agreement is { } agreement
        ? string.Create(CultureInfo.InvariantCulture, $" (agrees with what it served on {agreement * 100:0.#} % of {proof.ComparedInputs} recent inputs)")
        : "";
}
