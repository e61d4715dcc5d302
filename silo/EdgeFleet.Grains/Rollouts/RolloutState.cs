using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>What is stored of a rollout: enough to go on after a kill at any instant.</summary>
public sealed class RolloutState
{
    /// <summary>Lines of story that are kept; the oldest go first.</summary>
    public const int MaxEvents = 500;

    public RolloutSpec? Spec { get; set; }

    public RolloutStatus Status { get; set; }

    public string? Message { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>The open wave, from 0; -1 before the first.</summary>
    public int OpenWave { get; set; } = -1;

    public List<RolloutExecution> Executions { get; set; } = [];

    public List<ReadyVariant> Variants { get; set; } = [];

    /// <summary>Profiles which this model could not be brought to, with the reason.</summary>
    public List<RefusedProfile> Refused { get; set; } = [];

    public List<RolloutEvent> Events { get; set; } = [];

    public bool IsActive => Status is RolloutStatus.Preparing or RolloutStatus.Running or RolloutStatus.RollingBack;

    public bool IsEnded => Status is RolloutStatus.Succeeded or RolloutStatus.RolledBack or RolloutStatus.Failed or RolloutStatus.Cancelled;

    public void Tell(DateTimeOffset at, string text)
    {
        Events.Add(new RolloutEvent(at, text));
        if (Events.Count > MaxEvents)
        {
            Events.RemoveAt(0);
        }
    }
}

/// <summary>A device's part.</summary>
public sealed class RolloutExecution
{
    public DeviceId Device { get; set; }

    public int Wave { get; set; }

    public ExecutionStatus Status { get; set; }

    public CompressionProfile? Profile { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>The generation that asks for this variant; 0 before it was handed out.</summary>
    public long Generation { get; set; }

    /// <summary>The generation that takes it back; 0 before.</summary>
    public long RevertGeneration { get; set; }

    /// <summary>True once the way back was asked for, also where there was none.</summary>
    public bool Reverted { get; set; }

    public string? Message { get; set; }

    public bool TakesPart => Status != ExecutionStatus.Infeasible;
}

/// <summary>A variant that may be handed out.</summary>
public sealed record ReadyVariant(CompressionProfile Profile, ArtifactRef Artifact, ArtifactRef Golden);

/// <summary>A form that this model can't take.</summary>
public sealed record RefusedProfile(CompressionProfile Profile, string Why);
