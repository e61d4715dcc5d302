using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>What a device's report means for its execution. Pure.</summary>
internal static class RolloutReports
{
    /// <summary>The status that follows, or null when the report changes nothing.</summary>
    /// <remarks>A success is retracted when the device later says that it fell back.</remarks>
    public static ExecutionStatus? Next(RolloutExecution execution, ReportedState reported)
    {
        if (execution.Generation == 0 || reported.Generation != execution.Generation
            || execution.Status is not (ExecutionStatus.InProgress or ExecutionStatus.Succeeded))
        {
            return null;
        }

        return reported.Phase switch
        {
            InstallPhase.Proved when execution.Status == ExecutionStatus.InProgress => ExecutionStatus.Succeeded,
            InstallPhase.Failed => ExecutionStatus.Failed,
            _ => null,
        };
    }

    /// <summary>The device's outcome as a line of the story.</summary>
    public static string Tell(RolloutExecution execution, ReportedState reported) => execution.Status switch
    {
        ExecutionStatus.Succeeded => $"{execution.Device} proved {execution.Profile}{Proof(reported.Proof)}",
        ExecutionStatus.Failed => $"{execution.Device} refused {execution.Profile}: {reported.Failure}, {reported.Message}",
        _ => $"{execution.Device}: {execution.Status}",
    };

    private static string Proof(ProofResult? proof) => proof?.Agreement is { } agreement
        ? $" (agrees with what it served on {agreement * 100:0.#} % of {proof.ComparedInputs} recent inputs)"
        : "";
}
