using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Contracts.Ids;

/// <summary>A rollout's name; grain key and URL segment.</summary>
[JsonConverter(typeof(RolloutIdConverter))]
public readonly record struct RolloutId(string Value) : IWireId<RolloutId>
{
    public static RolloutId Parse(string? value) => new(Identifier.Require(value, "rollout id"));

    public override string ToString() => Value;
}
