using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Delivery;

namespace EdgeFleet.Cli.Demo;

/// <summary>What an agent says of itself to its own device (<c>GET /v1/status</c>).</summary>
/// <param name="Inferences">Answers since its process began.</param>
/// <param name="TelemetryPending">Batches that the silo has not acknowledged.</param>
/// <param name="TelemetrySequence">Number of the last batch that it made.</param>
/// <param name="TelemetryInferences">Answers in all batches up to that one.</param>
internal sealed record AgentStatus(ReportedState Reported, bool Connected, long Inferences, int TelemetryPending, long TelemetrySequence, long TelemetryInferences);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AgentStatus))]
[JsonSerializable(typeof(DemoReport))]
internal sealed partial class DemoJson : JsonSerializerContext;
