using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>What is stored of a rollout: enough to go on after a kill at any instant.</summary>
public sealed class RolloutState
{
    /// <summary>Lines of story that are kept; the oldest go first.</summary>
    public const int MaxEvents = 500;

    private const int MaxText = 1000;

    public RolloutSpec? Spec { get; set; }

    public RolloutStatus Status { get; set; }

    public string? Message { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>The open wave, from 0; -1 before the first.</summary>
    public int OpenWave { get; set; } = -1;

    public List<RolloutExecution> Executions { get; set; } = [];

    /// <summary>Profiles whose production this rollout has asked for: one that failed since is not asked for again.</summary>
    public List<CompressionProfile> Asked { get; set; } = [];

    /// <summary>Variants whose production ended, the ready and the refused.</summary>
    public List<VariantInfo> Variants { get; set; } = [];

    public List<RolloutEvent> Events { get; set; } = [];

    public bool IsActive => Spec is not null && Status is RolloutStatus.Preparing or RolloutStatus.Running or RolloutStatus.RollingBack;

    public bool IsEnded => Status is RolloutStatus.Succeeded or RolloutStatus.RolledBack or RolloutStatus.Failed or RolloutStatus.Cancelled;

    /// <summary>The variant to hand out in this form, once it is ready.</summary>
    public VariantInfo? Ready(CompressionProfile? profile) => Variants.Find(v => v.Profile == profile && v.Status == VariantStatus.Ready);

    public WaveTally Tally(int wave)
    {
        int devices = 0, succeeded = 0, failed = 0;
        foreach (var execution in Executions)
        {
            if (execution.Wave != wave || !execution.Counts)
            {
                continue;
            }

            devices++;
            succeeded += execution.Status == ExecutionStatus.Succeeded ? 1 : 0;
            failed += execution.Status == ExecutionStatus.Failed ? 1 : 0;
        }

        return new WaveTally(wave, devices, succeeded, failed);
    }

    public void Tell(DateTimeOffset at, string text)
    {
        Events.Add(new RolloutEvent(at, text.Length > MaxText ? text[..MaxText] + "…" : text));
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

    /// <summary>True for a failure that an operator accepted by resuming.</summary>
    public bool Accepted { get; set; }

    public string? Message { get; set; }

    public bool TakesPart => Status != ExecutionStatus.Infeasible;

    /// <summary>True where it speaks in its wave's tally.</summary>
    public bool Counts => !Accepted && Status is not (ExecutionStatus.Infeasible or ExecutionStatus.Cancelled or ExecutionStatus.RolledBack);
}
