using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Report;

/// <summary>A study as JSON for other programs: camelCase, names for enumerations, null for numbers that JSON does not have.</summary>
public static class StudyJson
{
    /// <summary>Writes a study; the same study gives the same text.</summary>
    public static string Write(CompressionStudy study) => JsonSerializer.Serialize(study, StudyJsonContext.Default.CompressionStudy);

    /// <summary>Reads what <see cref="Write"/> wrote; numbers that were not finite come back as not a number.</summary>
    /// <exception cref="JsonException">It is not a study.</exception>
    public static CompressionStudy Read(string json) =>
        JsonSerializer.Deserialize(json, StudyJsonContext.Default.CompressionStudy) ?? throw new JsonException("A study was expected, not null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(FiniteDoubleConverter), typeof(FiniteSingleConverter)])]
[JsonSerializable(typeof(CompressionStudy))]
internal sealed partial class StudyJsonContext : JsonSerializerContext;

/// <summary>Null for what is not finite.</summary>
internal sealed class FiniteDoubleConverter : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

/// <summary>Null for what is not finite.</summary>
internal sealed class FiniteSingleConverter : JsonConverter<float>
{
    public override bool HandleNull => true;

    public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? float.NaN : reader.GetSingle();

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
