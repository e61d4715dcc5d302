using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Reconcile;

/// <summary>The one next step.</summary>
internal abstract record ReconcileAction
{
    private ReconcileAction()
    {
    }

    /// <summary>Nothing to do until something comes in.</summary>
    public sealed record Rest : ReconcileAction;

    /// <summary>The incoming desired state changes nothing.</summary>
    public sealed record Ignore(string Reason) : ReconcileAction;

    /// <summary>A newer generation: it takes the place of whatever was under way.</summary>
    public sealed record Adopt(DesiredState Desired) : ReconcileAction;

    /// <summary>An artifact is lacking.</summary>
    public sealed record Fetch(ArtifactRef Artifact, int ChunkBytes) : ReconcileAction;

    /// <summary>All bytes are held: load, reproduce, compare, activate.</summary>
    public sealed record Prove(DesiredState Desired) : ReconcileAction;

    /// <summary>The new variant serves and is watched.</summary>
    public sealed record Soak(DesiredState Desired) : ReconcileAction;
}
