using EdgeFleet.Contracts.Delivery;

namespace EdgeFleet.Agent.LocalApi;

/// <summary>What <c>GET /v1/status</c> shows.</summary>
/// <param name="Reported">What the agent tells the silo.</param>
/// <param name="Connected">Whether the broker is reached.</param>
/// <param name="Inferences">Answers since the process began.</param>
/// <param name="TelemetryPending">Batches in the outbox that the silo has not acknowledged.</param>
/// <param name="TelemetrySequence">Number of the last batch that was made.</param>
/// <param name="TelemetryInferences">Answers in the batches that were made since the process began, up to that one.</param>
/// <param name="MessagesIgnored">Messages without effect, by kind.</param>
internal sealed record LocalStatus(
    ReportedState Reported,
    bool Connected,
    long Inferences,
    int TelemetryPending,
    long TelemetrySequence,
    long TelemetryInferences,
    IReadOnlyDictionary<string, long> MessagesIgnored);

/// <summary>What <c>POST /v1/infer</c> answers.</summary>
/// <param name="Top1">Index of the highest score.</param>
/// <param name="Scores">The model's first output.</param>
internal sealed record LocalAnswer(int Top1, IReadOnlyList<float> Scores);
