using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.GrainContracts;

namespace EdgeFleet.Grains.Devices;

/// <summary>What a device shall run: forward, back, and who may say so. Pure.</summary>
internal static class DeviceAssignments
{
    /// <summary>Proven variants that are remembered; the oldest goes first.</summary>
    public const int MaxProven = 4;

    /// <summary>Gives a new generation; false when nothing changed, because it is assigned already, was taken back, or something newer stands.</summary>
    public static bool Assign(DeviceState state, DeviceId device, VariantAssignment assignment, DateTimeOffset now)
    {
        if (state.Desired is { } current)
        {
            var samePurpose = current.Rollout == assignment.Rollout;
            if (samePurpose && assignment.Rollout is not null && (state.TakesBack == assignment.Rollout || current.Variant == assignment.Variant))
            {
                return false;
            }

            if (!samePurpose && assignment.RequestedAt < state.RequestedAt)
            {
                return false;
            }
        }

        state.Desired = new DesiredState(
            device,
            ++state.Generation,
            assignment.Rollout,
            assignment.Model,
            assignment.Profile,
            assignment.Variant,
            assignment.Golden,
            BlobChunk.DefaultChunkBytes,
            assignment.Input,
            assignment.Proof,
            now);
        state.Reason = assignment.Reason;
        state.RequestedAt = assignment.RequestedAt;
        state.TakesBack = null;
        return true;
    }

    /// <summary>Goes back to what was proved before a rollout; false when nothing changed.</summary>
    /// <param name="result">The desired state that answers the rollout; null when it never reached the device or nothing was proved before.</param>
    public static bool Revert(DeviceState state, RolloutId rollout, DateTimeOffset now, out DesiredState? result)
    {
        result = state.Desired;
        if (state.Desired is not { } current || current.Rollout != rollout || state.TakesBack == rollout)
        {
            // Superseded, or back already; a device that never had anything is told by null.
            return false;
        }

        // What this rollout brought is no place to go back to, unless an earlier one had proved the same bytes.
        state.Proven.RemoveAll(p => p.Desired.Rollout == rollout);
        if (state.Proven.Count == 0)
        {
            result = null;
            return false;
        }

        // The way back must not depend on agreeing with the version that is being left.
        var (proven, reason) = state.Proven[^1];
        state.Desired = proven with
        {
            Generation = ++state.Generation,
            Rollout = rollout,
            Proof = new ProofPolicy(AgreementFloor: 0, RecentInputs: 0, Soak: TimeSpan.Zero),
            IssuedAt = now,
        };
        state.Reason = reason;
        state.TakesBack = rollout;
        result = state.Desired;
        return true;
    }

    /// <summary>Remembers what a report proves, if it does.</summary>
    public static void RememberProof(DeviceState state, ReportedState reported)
    {
        if (state.Desired is not { } desired
            || reported.Phase != InstallPhase.Proved
            || reported.Generation != desired.Generation
            || reported.Active != desired.Variant.Sha256)
        {
            return;
        }

        // The same bytes keep the rollout that first brought them: to take a later one back must not lose them.
        var at = state.Proven.FindIndex(p => p.Desired.Variant == desired.Variant);
        var proven = at < 0 ? new ProvenVariant(desired, state.Reason) : state.Proven[at];
        if (at >= 0)
        {
            state.Proven.RemoveAt(at);
        }

        state.Proven.Add(proven);
        if (state.Proven.Count > MaxProven)
        {
            state.Proven.RemoveAt(0);
        }
    }
}
