using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Cli.Demo;

/// <summary>The devices as they move: rows for a live table, and lines about what changed.</summary>
internal sealed class DeviceBoard(int images, TimeProvider time)
{
    private static readonly Column[] Columns =
        [new("DEVICE"), new("ONLINE"), new("STATE"), new("MODEL"), new("PROFILE"), new("IMAGES", Right: true), new("P50", Right: true), new("ACCURACY", Right: true)];

    private static readonly TimeSpan CountsEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<DeviceId, string> _said = [];
    private long _countedAt = time.GetTimestamp();
    private int _told;

    /// <param name="rollout">Whose story is told; null where none is under way.</param>
    public Look Look(IReadOnlyList<DeviceView> devices, RolloutInfo? rollout, bool done, bool counts = false)
    {
        var news = new List<string>();
        if (rollout is not null)
        {
            news.AddRange(rollout.Events.Skip(_told).Select(e => e.Text));
            _told = rollout.Events.Count;
        }

        foreach (var device in devices)
        {
            var state = Say(device);
            if (_said.GetValueOrDefault(device.Device) != state)
            {
                _said[device.Device] = state;
                news.Add(state);
            }
        }

        if (counts && (done || time.GetElapsedTime(_countedAt) > CountsEvery))
        {
            _countedAt = time.GetTimestamp();
            news.Add(string.Join(", ", devices.Select(d => $"{d.Device} {Format.Count(Labelled(d))}")) + $" of {Format.Count(images)} labelled images");
        }

        return new Look(done, Columns, [.. devices.Select(Row)], news, [.. (rollout?.Events ?? []).TakeLast(6).Select(e => e.Text)]);
    }

    /// <summary>The next rollout's story is told from its beginning.</summary>
    public void ForgetStory() => _told = 0;

    /// <summary>Images with a label that the device classified with what it serves now.</summary>
    public static long Labelled(DeviceView device) => DeviceFacts.Serving(device)?.Labelled ?? 0;

    private static string Say(DeviceView device)
    {
        var online = device.Online ? "online" : "offline";
        if (device.Reported is not { } reported)
        {
            return $"{device.Device}: {online}";
        }

        var serves = reported.ActiveModel is { } model ? $", serves {model} as {reported.ActiveProfile}" : "";
        return $"{device.Device}: {online}, {reported.Phase.ToString().ToLowerInvariant()}{serves}{(reported.Message is { } m ? " (" + m + ")" : "")}";
    }

    private string[] Row(DeviceView device)
    {
        var serving = DeviceFacts.Serving(device);
        return
        [
            device.Device.Value,
            device.Online ? "online" : "offline",
            device.Reported?.Phase.ToString() ?? "-",
            device.Reported?.ActiveModel?.Value ?? "-",
            device.Reported?.ActiveProfile?.Value ?? "-",
            $"{Format.Count(serving?.Labelled ?? 0)} of {Format.Count(images)}",
            Format.Milliseconds(serving?.Latency.QuantileMs(0.5)),
            Format.Percent(serving?.Accuracy),
        ];
    }
}
