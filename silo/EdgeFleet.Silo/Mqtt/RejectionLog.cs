using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Telemetry;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Counts every unusable message, and logs at most one per device and minute, so that a hostile device can't fill the log.</summary>
internal sealed partial class RejectionLog(FleetCounters counters, TimeProvider time, ILogger<RejectionLog> logger)
{
    private const int MostDevices = 10_000;
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeviceId, (long At, long Silent)> _last = [];

    public void Add(UpMessage.Rejected rejected)
    {
        counters.MessageRejected(rejected.Fault);
        long silent;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_last.TryGetValue(rejected.Device, out var last) && time.GetElapsedTime(last.At, now) < Quiet)
            {
                _last[rejected.Device] = last with { Silent = last.Silent + 1 };
                return;
            }

            if (_last.Count >= MostDevices)
            {
                _last.Clear();
            }

            silent = last.Silent;
            _last[rejected.Device] = (now, 0);
        }

        LogRejected(rejected.Device, rejected.Fault, rejected.Reason, silent);
    }

    [LoggerMessage(EventId = 1410, Level = LogLevel.Warning, Message = "Message of {Device} dropped ({Fault}): {Reason}. {Silent} more since the last such line")]
    private partial void LogRejected(DeviceId device, UpFault fault, string reason, long silent);
}
