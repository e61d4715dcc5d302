using System.Security.Cryptography;
using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Contracts.Ids;

/// <summary>SHA-256 of an artifact's bytes, as 64 lower-case hexadecimal digits: its only name.</summary>
[JsonConverter(typeof(Sha256DigestConverter))]
public readonly record struct Sha256Digest(string Value) : IWireId<Sha256Digest>
{
    public static Sha256Digest Of(ReadOnlySpan<byte> bytes) => new(Convert.ToHexStringLower(SHA256.HashData(bytes)));

    public static bool IsValid(string? value) =>
        value is { Length: 64 } && value.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));

    public static Sha256Digest Parse(string? value) =>
        IsValid(value) ? new(value!) : throw new FormatException($"'{value}' is not a SHA-256 digest: 64 lower-case hexadecimal digits.");

    /// <summary>The first 12 digits: enough for a person.</summary>
    public string Short => Value.Length >= 12 ? Value[..12] : Value;

    public override string ToString() => Value;
}
