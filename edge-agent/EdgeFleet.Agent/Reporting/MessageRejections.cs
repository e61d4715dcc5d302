using System.Collections.Concurrent;
using EdgeFleet.Contracts.Ids;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Reporting;

/// <summary>Counts messages without effect by kind; the first of each kind is logged.</summary>
internal sealed partial class MessageRejections(DeviceId device, ILogger<MessageRejections> logger)
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts per kind: not-json, too-large, other-device, older-generation, impossible, bad-ack, unknown-topic.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts.ToDictionary(StringComparer.Ordinal);

    public long Total => _counts.Values.Sum();

    /// <param name="kind">One of a fixed few.</param>
    public void Count(string kind, string reason)
    {
        if (_counts.AddOrUpdate(kind, 1, (_, n) => n + 1) == 1)
        {
            var shown = reason.Length <= 300 ? reason : reason[..300];
            LogFirst(device, kind, shown);
        }
    }

    [LoggerMessage(EventId = 5301, Level = LogLevel.Warning, Message = "{Device} ignores a message ({Kind}), and counts further ones of this kind without a line: {Reason}")]
    private partial void LogFirst(DeviceId device, string kind, string reason);
}
