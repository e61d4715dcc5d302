using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Contracts.Api;

/// <summary>A device as an operator sees it.</summary>
/// <param name="Totals">Per variant that ever served, since the device's incarnation began.</param>
/// <param name="TelemetryUpTo">Highest telemetry sequence taken in without a gap.</param>
public sealed record DeviceView(
    DeviceId Device,
    DeviceCapabilities? Capabilities,
    IReadOnlyDictionary<string, string> Tags,
    string? AgentVersion,
    bool Online,
    DateTimeOffset? LastSeen,
    DesiredState? Desired,
    ReportedState? Reported,
    string? ProfileReason,
    IReadOnlyList<VariantTotals> Totals,
    long TelemetryUpTo,
    long MessagesRejected);

/// <summary>What a device did with one variant, summed.</summary>
public sealed record VariantTotals(
    Sha256Digest Variant,
    ModelId Model,
    CompressionProfile Profile,
    long Inferences,
    long Errors,
    long Labelled,
    long Correct,
    LatencyHistogram Latency)
{
    public double? Accuracy => Labelled == 0 ? null : (double)Correct / Labelled;

    public VariantTotals Add(TelemetryBatch batch) => this with
    {
        Inferences = Inferences + batch.Inferences,
        Errors = Errors + batch.Errors,
        Labelled = Labelled + batch.Labelled,
        Correct = Correct + batch.Correct,
        Latency = Latency.Add(batch.Latency),
    };
}

/// <summary>A model with its variants.</summary>
public sealed record ModelView(ModelManifest Manifest, IReadOnlyList<VariantInfo> Variants);

/// <summary>A device asks to be let in.</summary>
/// <param name="Token">The enrolment token that the operator gave out.</param>
/// <param name="Device">The id that it wants.</param>
/// <param name="SigningRequestPem">PKCS#10, ECDSA P-256, common name = the id.</param>
public sealed record EnrolRequest(string Token, DeviceId Device, string SigningRequestPem);

/// <summary>The device is in.</summary>
/// <param name="CertificatePem">Its certificate.</param>
/// <param name="AuthorityPem">The CA by which it knows the broker.</param>
/// <param name="BrokerHost">Where the broker listens.</param>
/// <param name="BrokerPort">TLS port.</param>
public sealed record EnrolResponse(string CertificatePem, string AuthorityPem, string BrokerHost, int BrokerPort);

/// <summary>A model was taken in.</summary>
public sealed record RolloutAccepted(RolloutId Rollout);

/// <summary>A page of anything.</summary>
public sealed record DeviceList(IReadOnlyList<DeviceView> Devices);

public sealed record ModelList(IReadOnlyList<ModelView> Models);

public sealed record RolloutList(IReadOnlyList<RolloutInfo> Rollouts);
