using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Cli.Demo;

/// <summary>Compares, device by device, what went into telemetry with what the silo counted.</summary>
/// <remarks>
/// A device goes on working, so the two are compared at a moment when the silo has counted exactly up to the last batch that the device made:
/// then the numbers of answers must be equal, to the last one.
/// </remarks>
internal sealed class Settlement(Stage stage)
{
    private readonly Dictionary<DeviceId, (long Made, long Counted)> _settled = [];

    /// <summary>Answers that were compared.</summary>
    public long Counted => _settled.Values.Sum(s => s.Counted);

    /// <summary>Answers by which the silo's count is off, either way.</summary>
    public long Lost => _settled.Values.Sum(s => Math.Abs(s.Made - s.Counted));

    /// <summary>True when every device was compared since it had its broker back.</summary>
    public async Task<bool> LookAsync(IReadOnlyList<DeviceView> devices, CancellationToken cancellationToken)
    {
        foreach (var device in devices.Where(d => !_settled.ContainsKey(d.Device)))
        {
            var agent = await stage.AskAgentAsync(device.Device, cancellationToken);
            if (agent.Connected && agent.TelemetrySequence == device.TelemetryUpTo)
            {
                _settled[device.Device] = (agent.TelemetryInferences, device.Totals.Sum(t => t.Inferences));
            }
        }

        return _settled.Count == devices.Count;
    }
}
