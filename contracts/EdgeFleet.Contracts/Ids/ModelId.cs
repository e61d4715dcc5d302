using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Contracts.Ids;

/// <summary>A model and its version, written <c>name:version</c>; grain key and URL segment.</summary>
[JsonConverter(typeof(ModelIdConverter))]
public readonly record struct ModelId(string Value) : IWireId<ModelId>
{
    public string Name => Value[..Value.IndexOf(':', StringComparison.Ordinal)];

    public string Version => Value[(Value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    public static ModelId Of(string name, string version) =>
        new($"{Identifier.Require(name, "model name")}:{Identifier.Require(version, "model version")}");

    /// <summary>Parses <c>name:version</c>.</summary>
    /// <exception cref="FormatException">The text has no single ':' or either side is no identifier.</exception>
    public static ModelId Parse(string? value)
    {
        var parts = (value ?? "").Split(':');
        return parts.Length == 2
            ? Of(parts[0], parts[1])
            : throw new FormatException($"'{value}' is not a model id: write name:version, such as resnet20-fashion:1.");
    }

    public override string ToString() => Value;
}
