using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Cli.Demo;

/// <summary>What the devices say of themselves while nobody else can hear them.</summary>
/// <param name="before">How they were when the broker went.</param>
/// <param name="length">How long is looked at; a little shorter than the outage.</param>
internal sealed class OutageBoard(IReadOnlyDictionary<DeviceId, AgentStatus> before, TimeSpan length, TimeProvider time)
{
    private static readonly Column[] Columns = [new("DEVICE"), new("BROKER"), new("CLASSIFIED MEANWHILE", Right: true), new("BATCHES KEPT", Right: true)];

    private readonly long _started = time.GetTimestamp();
    private IReadOnlyDictionary<DeviceId, AgentStatus> _now = new Dictionary<DeviceId, AgentStatus>();

    public Look Look(IReadOnlyDictionary<DeviceId, AgentStatus> now)
    {
        _now = now;
        var done = time.GetElapsedTime(_started) >= length;
        IReadOnlyList<string> news = done
            ? [.. now.Select(d => $"{d.Key}: {(d.Value.Connected ? "online" : "no broker")}, and {Format.Count(Meanwhile(d.Key))} images classified meanwhile, {Format.Count(d.Value.TelemetryPending)} batches of telemetry kept")]
            : [];
        return new Look(
            done,
            Columns,
            [.. now.Select(d => (IReadOnlyList<string>)[d.Key.Value, d.Value.Connected ? "online" : "gone", Format.Count(Meanwhile(d.Key)), Format.Count(d.Value.TelemetryPending)])],
            news,
            []);
    }

    /// <exception cref="DemoFailedException">A device still had its broker at the end, or did nothing meanwhile.</exception>
    public void RequireThatAllWentOn()
    {
        foreach (var (device, status) in _now)
        {
            if (status.Connected)
            {
                throw new DemoFailedException($"{device} still has its broker, {length.TotalSeconds:0} s after it was stopped.");
            }

            if (Meanwhile(device) <= 0)
            {
                throw new DemoFailedException($"{device} classified nothing while the broker was away.");
            }
        }
    }

    private long Meanwhile(DeviceId device) => _now[device].Inferences - before[device].Inferences;
}
