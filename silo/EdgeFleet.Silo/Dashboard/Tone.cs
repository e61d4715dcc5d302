using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Silo.Dashboard;

/// <summary>How a state feels; its colour. The word beside it always says it too.</summary>
public enum Tone
{
    Quiet,
    Good,
    Moving,
    Warning,
    Bad,
}

internal static class Tones
{
    public static Tone Of(InstallPhase phase) => phase switch
    {
        InstallPhase.Proved => Tone.Good,
        InstallPhase.Failed => Tone.Bad,
        InstallPhase.Idle => Tone.Quiet,
        _ => Tone.Moving,
    };

    public static Tone Of(RolloutStatus status) => status switch
    {
        RolloutStatus.Succeeded => Tone.Good,
        RolloutStatus.Failed or RolloutStatus.RolledBack => Tone.Bad,
        RolloutStatus.Paused or RolloutStatus.RollingBack => Tone.Warning,
        RolloutStatus.Cancelled => Tone.Quiet,
        _ => Tone.Moving,
    };

    public static Tone Of(ExecutionStatus status) => status switch
    {
        ExecutionStatus.Succeeded => Tone.Good,
        ExecutionStatus.Failed => Tone.Bad,
        ExecutionStatus.RolledBack => Tone.Warning,
        ExecutionStatus.InProgress => Tone.Moving,
        _ => Tone.Quiet,
    };

    public static Tone Of(VariantStatus status) => status switch
    {
        VariantStatus.Ready => Tone.Good,
        VariantStatus.Refused or VariantStatus.Failed => Tone.Bad,
        VariantStatus.Producing => Tone.Moving,
        _ => Tone.Quiet,
    };
}
