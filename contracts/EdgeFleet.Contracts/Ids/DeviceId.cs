using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Contracts.Ids;

/// <summary>A device's name: topic level, certificate common name and grain key.</summary>
[JsonConverter(typeof(DeviceIdConverter))]
public readonly record struct DeviceId(string Value) : IWireId<DeviceId>
{
    public static DeviceId Parse(string? value) => new(Identifier.Require(value, "device id"));

    public override string ToString() => Value;
}
