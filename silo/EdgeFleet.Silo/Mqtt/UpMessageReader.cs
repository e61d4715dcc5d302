using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Reads what devices send. Trusts nothing: size first, then form, then the sender, then every value.</summary>
internal static class UpMessageReader
{
    private const int Kibibyte = 1024;
    private const int MostReasonCharacters = 300;

    /// <summary>Largest payload of a kind in bytes; null for a kind that there is not.</summary>
    public static int? LimitOf(string kind) => kind switch
    {
        UpKind.Registration => 64 * Kibibyte,
        UpKind.Reported => 64 * Kibibyte,
        UpKind.Telemetry => 64 * Kibibyte,
        UpKind.Want => 32 * Kibibyte,
        UpKind.Presence => 4 * Kibibyte,
        _ => null,
    };

    /// <param name="device">The device level of the topic, which the broker's ACL binds to the sender's certificate.</param>
    /// <param name="kind">The last level of the topic.</param>
    /// <param name="payload">As it came.</param>
    public static UpMessage Read(DeviceId device, string kind, ReadOnlySpan<byte> payload)
    {
        if (LimitOf(kind) is not { } limit)
        {
            return new UpMessage.Rejected(device, UpFault.UnknownKind, $"there is no message kind '{Shorten(kind)}'");
        }

        if (payload.Length > limit)
        {
            return new UpMessage.Rejected(device, UpFault.Oversize, $"{kind} has {payload.Length} bytes, at most {limit} are taken");
        }

        try
        {
            var message = Parse(kind, payload);
            if (message.Device != device)
            {
                return new UpMessage.Rejected(device, UpFault.WrongDevice, $"{kind} speaks for device '{message.Device}'");
            }

            return UpMessageRules.Violation(message) is { } violation
                ? new UpMessage.Rejected(device, UpFault.OutOfRange, $"{kind}: {violation}")
                : message;
        }
        catch (JsonException e)
        {
            return new UpMessage.Rejected(device, UpFault.Malformed, $"{kind} is not readable: {Shorten(e.Message)}");
        }
    }

    private static UpMessage Parse(string kind, ReadOnlySpan<byte> payload) => kind switch
    {
        UpKind.Registration => new UpMessage.Registration(Parse(payload, WireJson.Default.DeviceRegistration)),
        UpKind.Reported => new UpMessage.Report(Parse(payload, WireJson.Default.ReportedState)),
        UpKind.Telemetry => new UpMessage.Telemetry(Parse(payload, WireJson.Default.TelemetryBatch)),
        UpKind.Want => new UpMessage.Want(Parse(payload, WireJson.Default.ChunkRequest)),
        _ => new UpMessage.Presence(Parse(payload, WireJson.Default.Presence)),
    };

    private static T Parse<T>(ReadOnlySpan<byte> payload, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(payload, type) ?? throw new JsonException("the document is null");

    private static string Shorten(string text) => text.Length <= MostReasonCharacters ? text : text[..MostReasonCharacters] + "…";
}
