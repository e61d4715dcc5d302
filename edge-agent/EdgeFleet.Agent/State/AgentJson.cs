using System.Text.Json.Serialization;
using EdgeFleet.Agent.LocalApi;
using EdgeFleet.Agent.Registration;

namespace EdgeFleet.Agent.State;

/// <summary>JSON of what the agent keeps and shows.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AgentState))]
[JsonSerializable(typeof(OutboxHeader))]
[JsonSerializable(typeof(DeviceIdentity))]
[JsonSerializable(typeof(LocalStatus))]
[JsonSerializable(typeof(LocalAnswer))]
internal sealed partial class AgentJson : JsonSerializerContext;
