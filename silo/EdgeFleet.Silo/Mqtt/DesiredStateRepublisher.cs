using EdgeFleet.Contracts.Ids;
using EdgeFleet.GrainContracts;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Storage;
using Orleans;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Gives the broker every desired state again: at the start, and whenever the broker came back without our session.</summary>
/// <remarks>Harmless when repeated: a device ignores a generation that it knows. What is merely late, the device's own grain publishes.</remarks>
internal sealed partial class DesiredStateRepublisher(
    IMqttLink link, IGrainFactory grains, FleetStore fleet, TimeProvider time, ILogger<DesiredStateRepublisher> logger)
    : ISiloPart, IDisposable
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _due = new(0, 1);
    private Task _worker = Task.CompletedTask;
    private volatile string? _trouble;

    public string Name => "desired-states";

    public PartHealth Health => _trouble is { } trouble ? new PartHealth(false, trouble) : new PartHealth(true, "all given to the broker");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        link.StateChanged += OnLink;
        Signal();
        _worker = Task.Run(WorkAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        link.StateChanged -= OnLink;
        await _stop.CancelAsync();
        await _worker;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _due.Dispose();
    }

    private void OnLink(MqttLinkState state)
    {
        // Without our session the broker may also have lost what was retained.
        if (state is { Connected: true, SessionPresent: false })
        {
            Signal();
        }
    }

    private void Signal()
    {
        lock (_due)
        {
            if (_due.CurrentCount == 0)
            {
                _due.Release();
            }
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                await _due.WaitAsync(_stop.Token);
                if (!await RepublishAsync())
                {
                    await Task.Delay(Retry, time, _stop.Token);
                    Signal();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>False when some did not reach the broker, to be tried again.</summary>
    private async Task<bool> RepublishAsync()
    {
        var devices = fleet.Devices.Where(d => d.Desired is not null).Select(d => d.Device);
        var failed = 0;
        await Parallel.ForEachAsync(devices, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = _stop.Token }, async (device, _) =>
        {
            try
            {
                await grains.GetGrain<IDeviceGrain>(device.Value).Republish();
            }
            catch (Exception e)
            {
                Interlocked.Increment(ref failed);
                LogNotPublished(device, e.Message);
            }
        });
        _trouble = failed > 0 ? $"{failed} desired states wait for the broker" : null;
        return failed == 0;
    }

    [LoggerMessage(EventId = 1431, Level = LogLevel.Debug, Message = "Desired state of {Device} did not reach the broker: {Reason}")]
    private partial void LogNotPublished(DeviceId device, string reason);
}
