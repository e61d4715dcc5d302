using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Tests.Agent;

/// <summary>Plain values of the wire and of the agent's state, to be varied with <c>with</c>.</summary>
internal static class Some
{
    public static readonly DeviceId Device = new("cam-1");

    public static readonly ModelId Model = ModelId.Of("tiny", "1");

    public static Sha256Digest Digest(string of) => Sha256Digest.Of(System.Text.Encoding.UTF8.GetBytes(of));

    public static ArtifactRef Artifact(string of, long size = 100) => new(Digest(of), size);

    public static DesiredState Desired(long generation = 1, string variant = "a") => new(
        Device,
        generation,
        RolloutId.Parse("r1"),
        Model,
        CompressionProfile.Fp32,
        Artifact(variant),
        Artifact(variant + "-golden"),
        1024,
        new InputScaling(),
        new ProofPolicy(0.9, 16, TimeSpan.FromSeconds(1)),
        DateTimeOffset.UnixEpoch);

    public static InstalledVariant Installed(string variant) => InstalledVariant.Of(Desired(1, variant));

    public static AgentState State(InstallPhase phase = InstallPhase.Idle, DesiredState? desired = null, string? active = null, string? previous = null) => new()
    {
        Incarnation = Guid.Parse("11111111-1111-1111-1111-111111111111"),
        Generation = desired?.Generation ?? 0,
        Desired = desired,
        Phase = phase,
        Active = active is null ? null : Installed(active),
        Previous = previous is null ? null : Installed(previous),
    };

    public static TelemetryBatch Batch(long inferences = 10, string variant = "a", int minute = 0) => new(
        default,
        default,
        0,
        DateTimeOffset.UnixEpoch.AddMinutes(minute),
        DateTimeOffset.UnixEpoch.AddMinutes(minute + 1),
        Digest(variant),
        Model,
        CompressionProfile.Fp32,
        inferences,
        0,
        inferences,
        inferences / 2,
        new LatencyHistogram([0, 0, inferences], inferences * 0.001));
}
