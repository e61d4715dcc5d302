using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;

namespace EdgeFleet.Grains.Devices;

/// <summary>What is stored of a device.</summary>
public sealed class DeviceState
{
    public DeviceRegistration? Registration { get; set; }

    public bool Online { get; set; }

    public DateTimeOffset? LastSeen { get; set; }

    /// <summary>Highest generation ever given out or seen; the next is one more.</summary>
    public long Generation { get; set; }

    /// <summary>What the device shall run.</summary>
    public DesiredState? Desired { get; set; }

    /// <summary>Why this form.</summary>
    public string? Reason { get; set; }

    /// <summary>What it was to run before the present rollout: where a roll-back goes.</summary>
    public DesiredState? Previous { get; set; }

    public string? PreviousReason { get; set; }

    public ReportedState? Reported { get; set; }

    /// <summary>Highest telemetry sequence without a gap below it.</summary>
    public long TelemetryUpTo { get; set; }

    /// <summary>Per variant, the one used last at the end; bounded.</summary>
    public List<VariantTotals> Totals { get; set; } = [];

    public long MessagesRejected { get; set; }
}
