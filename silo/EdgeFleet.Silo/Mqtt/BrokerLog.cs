using System.Text.RegularExpressions;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Passes on what the broker writes: its troubles as warnings, at most a few per window, the rest for debugging.</summary>
/// <param name="time">For the window.</param>
/// <param name="logger">Where it goes.</param>
/// <param name="cutOff">Told of a client which the broker cut off because its packet was too large: no other part of the silo ever sees that message.</param>
internal sealed partial class BrokerLog(TimeProvider time, ILogger logger, Action<DeviceId> cutOff)
{
    private const int MaxPerWindow = 20;
    private const int KeptLines = 5;
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    /// <summary>What our own configuration is bound to bring about at every start.</summary>
    private static readonly string[] s_expected = ["Warning: ACL pattern '", "Warning: Mosquitto should not be run as root"];

    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private long _windowStart = time.GetTimestamp();
    private int _inWindow;
    private long _suppressed;

    /// <summary>The last lines, for the message about a broker that does not start.</summary>
    public string Last
    {
        get
        {
            lock (_gate)
            {
                return string.Join(" | ", _last);
            }
        }
    }

    public void Add(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        if (IsComingOrGoing(line))
        {
            LogLine(line);
            if (Oversize().Match(line) is { Success: true } match && Identifier.IsValid(match.Groups["id"].Value))
            {
                cutOff(new DeviceId(match.Groups["id"].Value));
            }

            return;
        }

        long suppressed = 0;
        bool pass;
        lock (_gate)
        {
            _last.Enqueue(line);
            if (_last.Count > KeptLines)
            {
                _last.Dequeue();
            }

            if (time.GetElapsedTime(_windowStart) > s_window)
            {
                (_windowStart, _inWindow, suppressed, _suppressed) = (time.GetTimestamp(), 0, _suppressed, 0);
            }

            pass = ++_inWindow <= MaxPerWindow;
            _suppressed += pass ? 0 : 1;
        }

        if (suppressed > 0)
        {
            LogSuppressed(suppressed);
        }

        if (!pass)
        {
            return;
        }

        if (IsTrouble(line))
        {
            LogTrouble(line);
        }
        else
        {
            LogLine(line);
        }
    }

    /// <summary>One line per connection made or lost: as many as there are devices, and no trouble of the broker's.</summary>
    private static bool IsComingOrGoing(string line) =>
        line.StartsWith("New c", StringComparison.Ordinal) || line.StartsWith("Client ", StringComparison.Ordinal);

    [GeneratedRegex(@"^Client (?<id>\S+) disconnected due to oversize packet\.$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Oversize();

    private static bool IsTrouble(string line) =>
        !Array.Exists(s_expected, e => line.StartsWith(e, StringComparison.Ordinal))
        && (line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal)
            || line.StartsWith("Outgoing messages are being dropped", StringComparison.Ordinal));

    [LoggerMessage(EventId = 1901, Level = LogLevel.Warning, Message = "broker: {Line}")]
    private partial void LogTrouble(string line);

    [LoggerMessage(EventId = 1902, Level = LogLevel.Debug, Message = "broker: {Line}")]
    private partial void LogLine(string line);

    [LoggerMessage(EventId = 1903, Level = LogLevel.Warning, Message = "broker: {Count} more lines were left out")]
    private partial void LogSuppressed(long count);
}
