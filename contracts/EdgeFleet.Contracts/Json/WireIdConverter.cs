using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts.Json;

/// <summary>An id that travels as a plain JSON string and is checked when it is read.</summary>
public interface IWireId<TSelf>
    where TSelf : struct, IWireId<TSelf>
{
    string Value { get; }

    static abstract TSelf Parse(string? value);
}

/// <summary>Reads and writes an id as a string; a malformed one is a <see cref="JsonException"/> with the rule that it breaks.</summary>
public abstract class WireIdConverter<T> : JsonConverter<T>
    where T : struct, IWireId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Value);

    private static T Parse(string? text)
    {
        try
        {
            return T.Parse(text);
        }
        catch (FormatException e)
        {
            throw new JsonException(e.Message, e);
        }
    }
}

public sealed class DeviceIdConverter : WireIdConverter<DeviceId>;

public sealed class ModelIdConverter : WireIdConverter<ModelId>;

public sealed class RolloutIdConverter : WireIdConverter<RolloutId>;

public sealed class Sha256DigestConverter : WireIdConverter<Sha256Digest>;
