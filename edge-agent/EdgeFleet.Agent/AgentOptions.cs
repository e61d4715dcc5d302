using EdgeFleet.Agent.Install;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Agent;

/// <summary>How one agent runs.</summary>
internal sealed record AgentOptions
{
    public required DeviceId Device { get; init; }

    /// <summary>Where the agent keeps all that it must not forget; one agent per folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The silo's base address; needed until the device is enrolled.</summary>
    public Uri? Server { get; init; }

    /// <summary>The one-time enrolment token; needed until the device is enrolled.</summary>
    public string? Token { get; init; }

    /// <summary>A broker to use without enrolment and TLS, in place of the one that enrolment names.</summary>
    public PlainBroker? PlainBroker { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    public CapabilityDeclaration Declared { get; init; } = CapabilityDeclaration.None;

    /// <summary>Samples taken from the source per second, in (0, 10,000].</summary>
    public double RatePerSecond { get; init; } = 20;

    /// <summary>Period of one telemetry batch, 0.1 s to 1 h. A kill loses at most the counts of the running period.</summary>
    public TimeSpan TelemetryPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Port of the local API on loopback; null keeps it off.</summary>
    public int? LocalPort { get; init; }

    public InstallOptions Install { get; init; } = new();

    /// <summary>How long the broker keeps the session of a device that is away.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>A broker without TLS, for tests and closed networks.</summary>
internal sealed record PlainBroker(string Host, int Port);
