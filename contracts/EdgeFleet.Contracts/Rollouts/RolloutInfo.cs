using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Contracts.Rollouts;

/// <summary>Where a rollout stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutStatus>))]
public enum RolloutStatus
{
    /// <summary>Profiles are selected and variants produced.</summary>
    Preparing,

    /// <summary>A wave is open.</summary>
    Running,

    /// <summary>Nothing new is handed out; an operator or the error action stopped it.</summary>
    Paused,

    /// <summary>Devices are being put back on what they ran before.</summary>
    RollingBack,

    /// <summary>Every device of every wave is proved, failed within the thresholds, or infeasible.</summary>
    Succeeded,

    /// <summary>Every device that had taken it is back.</summary>
    RolledBack,

    /// <summary>It could not start: no device, no feasible profile.</summary>
    Failed,

    /// <summary>An operator ended it; devices keep what they have.</summary>
    Cancelled,
}

/// <summary>Where one device stands in a rollout.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExecutionStatus>))]
public enum ExecutionStatus
{
    /// <summary>Its wave is not open yet.</summary>
    Queued,

    /// <summary>Told, and on its way; an unreachable device stays here: it is waiting, not failed.</summary>
    InProgress,

    /// <summary>It proved the variant and serves it.</summary>
    Succeeded,

    /// <summary>It refused or gave up the variant; the message says why.</summary>
    Failed,

    /// <summary>It was put back on what it ran before.</summary>
    RolledBack,

    /// <summary>No profile suits it; the reason says why.</summary>
    Infeasible,

    /// <summary>The rollout ended before its turn.</summary>
    Cancelled,
}

/// <summary>A rollout as an operator sees it.</summary>
public sealed record RolloutInfo(
    RolloutId Rollout,
    RolloutSpec Spec,
    RolloutStatus Status,
    string? Message,
    int OpenWave,
    IReadOnlyList<WaveInfo> Waves,
    IReadOnlyList<ExecutionInfo> Executions,
    IReadOnlyList<RolloutEvent> Events,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt);

/// <summary>A wave's tally.</summary>
public sealed record WaveInfo(int Wave, int Devices, int Succeeded, int Failed, int InProgress, int Queued);

/// <summary>A device's part in a rollout.</summary>
public sealed record ExecutionInfo(
    DeviceId Device,
    int Wave,
    ExecutionStatus Status,
    CompressionProfile? Profile,
    string Reason,
    long Generation,
    string? Message);

/// <summary>One line of a rollout's story.</summary>
public sealed record RolloutEvent(DateTimeOffset At, string Text);
