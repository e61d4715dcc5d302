using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;

namespace EdgeFleet.Agent.Reconcile;

/// <summary>What each step makes of the state. Pure; each result is saved before its effect.</summary>
internal static class Transitions
{
    /// <summary>Any phase -> Downloading, for a newer generation. A variant that was still soaking gives way to the proved one before it.</summary>
    public static AgentState Adopt(this AgentState state, DesiredState desired)
    {
        var unproved = state.Phase == InstallPhase.Soaking && state.Previous is not null;
        return state with
        {
            Generation = desired.Generation,
            Desired = desired,
            Phase = InstallPhase.Downloading,
            Active = unproved ? state.Previous : state.Active,
            Previous = unproved ? null : state.Previous,
            Failure = InstallFailure.None,
            Message = null,
            Proof = null,
            BytesReceived = 0,
            Attempts = 0,
        };
    }

    /// <summary>Any phase -> Failed, for a generation that this device can't take.</summary>
    public static AgentState Reject(this AgentState state, DesiredState desired, string message) =>
        state.Adopt(desired).Fail(InstallFailure.Rejected, message);

    public static AgentState Received(this AgentState state, long bytes) => state with { BytesReceived = state.BytesReceived + bytes };

    /// <summary>Downloading -> Proving.</summary>
    public static AgentState StartProving(this AgentState state) => state with { Phase = InstallPhase.Proving };

    /// <summary>Proving -> Soaking: the candidate serves from here on, what served before is the fallback.</summary>
    public static AgentState Activate(this AgentState state, ProofResult proof)
    {
        var candidate = InstalledVariant.Of(state.Desired!);
        return state with
        {
            Phase = InstallPhase.Soaking,
            Active = candidate,
            Previous = state.Active is { } active && candidate.ServesLike(active) ? state.Previous : state.Active ?? state.Previous,
            Proof = proof,
        };
    }

    /// <summary>Soaking -> Proved.</summary>
    public static AgentState Complete(this AgentState state) => state with { Phase = InstallPhase.Proved, Attempts = 0 };

    /// <summary>Downloading or Proving -> Failed: what serves goes on.</summary>
    public static AgentState Fail(this AgentState state, InstallFailure failure, string message, ProofResult? proof = null) => state with
    {
        Phase = InstallPhase.Failed,
        Failure = failure,
        Message = Limit(message),
        Proof = proof ?? state.Proof,
        Attempts = 0,
    };

    /// <summary>Soaking -> Failed: back to the variant before; without one, nothing serves.</summary>
    public static AgentState FallBack(this AgentState state, InstallFailure failure, string message) =>
        state.Fail(failure, message) with { Active = state.Previous, Previous = null };

    /// <summary>The active variant's bytes are lost: the fallback serves, and what was asked for is fetched again where that was lost.</summary>
    /// <param name="fallbackHeld">Whether the fallback is whole.</param>
    public static AgentState LoseActive(this AgentState state, bool fallbackHeld, string message)
    {
        var lostDesired = state.Desired is { } desired && state.Active?.Variant == desired.Variant;
        return state with
        {
            Active = fallbackHeld ? state.Previous : null,
            Previous = null,
            Phase = lostDesired ? InstallPhase.Downloading : state.Phase,
            Proof = lostDesired ? null : state.Proof,
            Message = Limit(message),
        };
    }

    private static string Limit(string message) => message.Length <= 1000 ? message : message[..1000];
}
