using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Reconcile;

/// <summary>Decides the next step from what is held and what is asked. Pure: the same in, the same out.</summary>
internal static class Reconciler
{
    /// <param name="state">What is in force.</param>
    /// <param name="incoming">A desired state that just came, already checked by <see cref="DesiredStateReader"/>.</param>
    /// <param name="held">Whether an artifact is on the disk.</param>
    public static ReconcileAction Next(AgentState state, DesiredState? incoming, Func<ArtifactRef, bool> held)
    {
        if (incoming is not null)
        {
            return incoming.Generation > state.Generation
                ? new ReconcileAction.Adopt(incoming)
                : new ReconcileAction.Ignore($"generation {incoming.Generation} is not newer than {state.Generation}");
        }

        if (state.Desired is not { } desired)
        {
            return new ReconcileAction.Rest();
        }

        return state.Phase switch
        {
            InstallPhase.Downloading or InstallPhase.Proving when !held(desired.Golden) => new ReconcileAction.Fetch(desired.Golden, desired.ChunkBytes),
            InstallPhase.Downloading or InstallPhase.Proving when !held(desired.Variant) => new ReconcileAction.Fetch(desired.Variant, desired.ChunkBytes),
            InstallPhase.Downloading or InstallPhase.Proving => new ReconcileAction.Prove(desired),
            InstallPhase.Soaking => new ReconcileAction.Soak(desired),
            _ => new ReconcileAction.Rest(),
        };
    }

    /// <summary>Whether the candidate must agree with what serves before it may take its place.</summary>
    /// <remarks>Not with nothing, not with itself, and not when the device goes back to the variant which it proved before this one.</remarks>
    public static bool MustAgree(AgentState state, DesiredState desired)
    {
        var candidate = InstalledVariant.Of(desired);
        return desired.Proof.AgreementFloor > 0
            && state.Active is { } active
            && !candidate.ServesLike(active)
            && !(state.Previous is { } previous && candidate.ServesLike(previous));
    }
}
