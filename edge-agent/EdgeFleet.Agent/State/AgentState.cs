using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.State;

/// <summary>All that the agent must know after a restart. One is written per change, before its effect.</summary>
internal sealed record AgentState
{
    /// <summary>Made with the state; a new one restarts every sequence.</summary>
    public required Guid Incarnation { get; init; }

    /// <summary>Number of the report that tells of this state.</summary>
    public long Sequence { get; init; }

    /// <summary>Highest desired generation taken up.</summary>
    public long Generation { get; init; }

    /// <summary>What that generation asks for.</summary>
    public DesiredState? Desired { get; init; }

    public InstallPhase Phase { get; init; }

    /// <summary>What serves; its bytes are held.</summary>
    public InstalledVariant? Active { get; init; }

    /// <summary>What served before and was proved; its bytes are held.</summary>
    public InstalledVariant? Previous { get; init; }

    public InstallFailure Failure { get; init; }

    public string? Message { get; init; }

    public ProofResult? Proof { get; init; }

    /// <summary>Chunk payload bytes received for this generation by downloads that ended.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Starts of the agent that found this generation half proved or soaking: more than a few mean that it kills the process.</summary>
    public int Attempts { get; init; }

    public DateTimeOffset ChangedAt { get; init; }

    public ReportedState ToReport(DeviceId device) => new(
        device,
        Incarnation,
        Sequence,
        Generation,
        Phase,
        Active?.Variant.Sha256,
        Active?.Model,
        Active?.Profile,
        Previous?.Variant.Sha256,
        Failure,
        Message,
        BytesReceived,
        Proof,
        ChangedAt);
}
