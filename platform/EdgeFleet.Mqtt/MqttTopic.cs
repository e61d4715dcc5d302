using System.Text;

namespace EdgeFleet.Mqtt;

/// <summary>Topic names and topic filters as MQTT 5 section 4.7 and 4.8.2 define them.</summary>
public static class MqttTopic
{
    /// <summary>Longest topic or filter, in bytes of UTF-8.</summary>
    public const int MaxBytes = 65_535;

    private const string SharePrefix = "$share/";

    /// <summary>A name to publish to: not empty, no wildcard, no NUL.</summary>
    public static bool IsName(string topic) => topic.AsSpan().IndexOfAny('+', '#', '\0') < 0 && HasLegalLength(topic);

    /// <summary>A filter to subscribe to, shared or not: '+' fills its level, '#' is the whole last level.</summary>
    public static bool IsFilter(string filter)
    {
        if (!HasLegalLength(filter) || filter.Contains('\0'))
        {
            return false;
        }

        var (group, rest) = SplitShare(filter);
        if (group is not null && (group.Length == 0 || group.AsSpan().IndexOfAny('+', '#') >= 0 || rest.Length == 0))
        {
            return false;
        }

        for (var i = 0; i < rest.Length; i++)
        {
            var alone = (i == 0 || rest[i - 1] == '/') && (i + 1 == rest.Length || rest[i + 1] == '/');
            if ((rest[i] == '+' && !alone) || (rest[i] == '#' && (!alone || i + 1 != rest.Length)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a topic falls under a filter. A leading wildcard does not match topics that begin with '$'.</summary>
    /// <param name="filter">A legal filter; of a shared one, what follows the group is compared.</param>
    /// <param name="topic">A legal name.</param>
    public static bool Matches(string filter, string topic)
    {
        var want = SplitShare(filter).Filter.AsSpan();
        var have = topic.AsSpan();
        if (have.StartsWith('$') && want.Length > 0 && want[0] is '+' or '#')
        {
            return false;
        }

        while (true)
        {
            var wantLevel = TakeLevel(ref want, out var wantEnds);
            if (wantLevel is "#")
            {
                return true;
            }

            var haveLevel = TakeLevel(ref have, out var haveEnds);
            if (wantLevel is not "+" && !wantLevel.SequenceEqual(haveLevel))
            {
                return false;
            }

            if (haveEnds)
            {
                // "a/#" matches "a" too.
                return wantEnds || want is "#";
            }

            if (wantEnds)
            {
                return false;
            }
        }
    }

    /// <summary>"$share/group/filter" in its parts; group is null for a filter that is not shared.</summary>
    internal static (string? Group, string Filter) SplitShare(string filter)
    {
        if (!filter.StartsWith(SharePrefix, StringComparison.Ordinal))
        {
            return (null, filter);
        }

        var slash = filter.IndexOf('/', SharePrefix.Length);
        return slash < 0 ? (filter[SharePrefix.Length..], "") : (filter[SharePrefix.Length..slash], filter[(slash + 1)..]);
    }

    /// <exception cref="ArgumentException">The message cannot be published as it is.</exception>
    internal static void RequirePublishable(MqttMessage message)
    {
        if (!IsName(message.Topic))
        {
            throw new ArgumentException($"'{Shorten(message.Topic)}' is no topic to publish to: 1 to {MaxBytes} bytes without '+', '#' or NUL.", nameof(message));
        }

        if (message.Payload.Length > MqttMessage.MaxPayloadBytes)
        {
            throw new ArgumentException($"The payload for {message.Topic} has {message.Payload.Length} bytes; MQTT carries {MqttMessage.MaxPayloadBytes}.", nameof(message));
        }

        if (message.Qos is not (MqttQos.AtMostOnce or MqttQos.AtLeastOnce))
        {
            throw new ArgumentException($"QoS {(int)message.Qos} for {message.Topic}; only 0 and 1 are used.", nameof(message));
        }

        if (message.Expiry is { TotalSeconds: < 1 or > uint.MaxValue })
        {
            throw new ArgumentException($"The expiry for {message.Topic} is {message.Expiry}; it must be 1 to {uint.MaxValue} s.", nameof(message));
        }
    }

    /// <exception cref="ArgumentException">Not a filter.</exception>
    internal static void RequireFilter(string filter)
    {
        if (!IsFilter(filter))
        {
            throw new ArgumentException(
                $"'{Shorten(filter)}' is no topic filter: '+' must fill its level, '#' the last one, and a shared one reads $share/group/filter.", nameof(filter));
        }
    }

    private static bool HasLegalLength(string text) =>
        text.Length > 0 && (text.Length <= MaxBytes / 3 || Encoding.UTF8.GetByteCount(text) <= MaxBytes);

    private static string Shorten(string text) => text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");

    private static ReadOnlySpan<char> TakeLevel(ref ReadOnlySpan<char> rest, out bool ends)
    {
        var slash = rest.IndexOf('/');
        ends = slash < 0;
        var level = ends ? rest : rest[..slash];
        rest = ends ? [] : rest[(slash + 1)..];
        return level;
    }
}
