using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using Spectre.Console;

namespace EdgeFleet.Cli.Output;

/// <summary>The colour of a state's word; the word itself always says it too.</summary>
internal static class Colours
{
    private static readonly HashSet<string> Good =
        [nameof(InstallPhase.Proved), nameof(RolloutStatus.Succeeded), nameof(VariantStatus.Ready), "online", "ready"];

    private static readonly HashSet<string> Bad =
        [nameof(InstallPhase.Failed), nameof(VariantStatus.Refused), nameof(RolloutStatus.RolledBack), "not ready"];

    private static readonly HashSet<string> Moving =
        [nameof(InstallPhase.Downloading), nameof(InstallPhase.Proving), nameof(InstallPhase.Soaking), nameof(RolloutStatus.Running),
         nameof(RolloutStatus.Preparing), nameof(RolloutStatus.RollingBack), nameof(RolloutStatus.Paused), nameof(ExecutionStatus.InProgress),
         nameof(VariantStatus.Producing)];

    private static readonly HashSet<string> Quiet =
        [nameof(InstallPhase.Idle), nameof(ExecutionStatus.Queued), nameof(ExecutionStatus.Infeasible), nameof(RolloutStatus.Cancelled), "offline", "-", "never"];

    public static Style Of(string word) =>
        Good.Contains(word) ? new Style(Color.Green)
        : Bad.Contains(word) ? new Style(Color.Red)
        : Moving.Contains(word) ? new Style(Color.Yellow)
        : Quiet.Contains(word) ? new Style(Color.Grey)
        : Style.Plain;
}
