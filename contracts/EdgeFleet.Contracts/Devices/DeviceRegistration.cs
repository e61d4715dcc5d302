using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts.Devices;

/// <summary>A device says who it is and what it can run; sent at every connect and when its capabilities change.</summary>
/// <param name="Device">The sender; must equal the topic's device level.</param>
/// <param name="Incarnation">Made when the agent's state folder was made; a new one means that counters and sequences start again.</param>
/// <param name="AgentVersion">Version of the agent.</param>
/// <param name="Capabilities">What it can run.</param>
/// <param name="Tags">Free labels by which rollouts select.</param>
/// <param name="At">The device's clock.</param>
public sealed record DeviceRegistration(
    DeviceId Device,
    Guid Incarnation,
    string AgentVersion,
    DeviceCapabilities Capabilities,
    IReadOnlyDictionary<string, string> Tags,
    DateTimeOffset At);

/// <summary>Online or not. The agent sends it at connect and before it leaves; the broker sends the offline one (the will) when it dies.</summary>
public sealed record Presence(DeviceId Device, bool Online, DateTimeOffset At);
