using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Mqtt;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent;

/// <summary>What an agent is put together from; many agents in one process may share one.</summary>
internal sealed record AgentParts
{
    public required IMqttLinkFactory Links { get; init; }

    public required IVariantLoader Loader { get; init; }

    public required IProver Prover { get; init; }

    public required ICapabilityProbe Probe { get; init; }

    /// <summary>What the device looks at; null where only the local API asks. Used by one agent.</summary>
    public IInputSource? Source { get; init; }

    /// <summary>For enrolment; null uses a new one.</summary>
    public HttpClient? Http { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Seed of back-off jitter.</summary>
    public required Random Random { get; init; }
}
