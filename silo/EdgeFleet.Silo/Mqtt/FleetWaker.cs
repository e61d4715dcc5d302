using EdgeFleet.Contracts.Ids;
using EdgeFleet.GrainContracts;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Storage;
using Orleans;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Takes up at the start what the last end interrupted, and gives the broker again what it lost.</summary>
/// <remarks>All of it is harmless when repeated: grains return what they already decided, devices ignore generations that they know.</remarks>
internal sealed partial class FleetWaker(
    IMqttLink link, IGrainFactory grains, FleetStore fleet, DesiredStatePublisher publisher, TimeProvider time, ILogger<FleetWaker> logger)
    : ISiloPart, IDisposable
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _connected = new(0, 1);
    private Task _worker = Task.CompletedTask;
    private volatile bool _all = true;
    private volatile string? _trouble;

    public string Name => "wake-up";

    public PartHealth Health => _trouble is { } trouble ? new PartHealth(false, trouble) : new PartHealth(true, "nothing is left over");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        link.StateChanged += OnLink;
        await TakeUpWorkAsync();
        Signal();
        _worker = Task.Run(WorkAsync, CancellationToken.None);
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
        _connected.Dispose();
    }

    private void OnLink(MqttLinkState state)
    {
        if (state.Connected)
        {
            // Without our session the broker may also have lost what was retained.
            _all |= !state.SessionPresent;
            Signal();
        }
    }

    private void Signal()
    {
        lock (_connected)
        {
            if (_connected.CurrentCount == 0)
            {
                _connected.Release();
            }
        }
    }

    /// <summary>Rollouts and productions that were under way.</summary>
    private async Task TakeUpWorkAsync()
    {
        var open = await grains.GetGrain<IFleetGrain>(IFleetGrain.Key).GetOpenWork();
        foreach (var rollout in open.Rollouts)
        {
            await grains.GetGrain<IRolloutGrain>(rollout.Value).Poke();
        }

        foreach (var model in fleet.Models)
        {
            foreach (var profile in open.Productions.Where(k => k.StartsWith(model.Manifest.Artifact.Sha256.Value, StringComparison.Ordinal)))
            {
                await grains.GetGrain<IModelGrain>(model.Manifest.Model.Value).EnsureVariant(VariantKey.ProfileOf(profile));
            }
        }

        if (open.Rollouts.Count + open.Productions.Count > 0)
        {
            LogTookUp(open.Rollouts.Count, open.Productions.Count);
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                await _connected.WaitAsync(_stop.Token);
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
        var all = _all;
        _all = false;
        var owed = publisher.TakeOwed();
        IReadOnlyList<DeviceId> devices = all ? [.. fleet.Devices.Where(d => d.Desired is not null).Select(d => d.Device)] : owed;
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
        _all |= failed > 0 && all;
        _trouble = failed > 0 ? $"{failed} desired states wait for the broker" : null;
        return failed == 0;
    }

    [LoggerMessage(EventId = 1430, Level = LogLevel.Information, Message = "Took up {Rollouts} rollouts and {Productions} productions that the last end interrupted")]
    private partial void LogTookUp(int rollouts, int productions);

    [LoggerMessage(EventId = 1431, Level = LogLevel.Debug, Message = "Desired state of {Device} did not reach the broker: {Reason}")]
    private partial void LogNotPublished(DeviceId device, string reason);
}
