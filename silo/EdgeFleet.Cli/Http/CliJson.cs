using System.Text.Json.Serialization;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Cli.Http;

/// <summary>Asks for a variant of a model.</summary>
internal sealed record VariantRequest(CompressionProfile Profile);

/// <summary>RFC 9457, as far as it is shown.</summary>
internal sealed record Problem(string? Title, string? Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VariantRequest))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(FleetStatus))]
internal sealed partial class CliJson : JsonSerializerContext;
