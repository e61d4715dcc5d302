using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Grains.Devices;

/// <summary>What is stored of a device.</summary>
public sealed class DeviceState
{
    public DeviceRegistration? Registration { get; set; }

    /// <summary>Incarnations that a newer one replaced: a late message of theirs is void. Newest last, bounded.</summary>
    public List<Guid> Retired { get; set; } = [];

    public bool Online { get; set; }

    public DateTimeOffset? LastSeen { get; set; }

    /// <summary>Highest generation ever given out or seen; the next is one more.</summary>
    public long Generation { get; set; }

    /// <summary>What the device shall run.</summary>
    public DesiredState? Desired { get; set; }

    /// <summary>When that was asked for: an older request never replaces it.</summary>
    public DateTimeOffset RequestedAt { get; set; }

    /// <summary>Why this form.</summary>
    public string? Reason { get; set; }

    /// <summary>The rollout which <see cref="Desired"/> takes back; null when it is an ordinary assignment.</summary>
    public RolloutId? TakesBack { get; set; }

    /// <summary>What the device proved, the last at the end; bounded. Where a roll-back goes.</summary>
    public List<ProvenVariant> Proven { get; set; } = [];

    public ReportedState? Reported { get; set; }

    /// <summary>Highest telemetry sequence without a gap below it.</summary>
    public long TelemetryUpTo { get; set; }

    /// <summary>Per variant, the one used last at the end; bounded.</summary>
    public List<VariantTotals> Totals { get; set; } = [];

    public long MessagesRejected { get; set; }
}

/// <summary>A variant that the device once proved, as it was assigned then.</summary>
public sealed record ProvenVariant(DesiredState Desired, string? Reason);
