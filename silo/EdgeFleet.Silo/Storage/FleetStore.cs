using System.Collections.Concurrent;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Grains.Ports;

namespace EdgeFleet.Silo.Storage;

/// <summary>The whole fleet as last told by its grains: in memory for those who look, behind it a database for the next start.</summary>
/// <remarks>
/// A copy for looking at, never for deciding: the grains' own state is the truth. The last word of each thing wins. Writes are batched;
/// <see cref="FlushAsync"/> is for the few places where a thing must not be forgotten.
/// </remarks>
internal sealed partial class FleetStore : IFleetProjection, IFleetDirectory, IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, DeviceView> _devices = new();
    private readonly ConcurrentDictionary<string, ModelView> _models = new();
    private readonly ConcurrentDictionary<string, RolloutInfo> _rollouts = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly FleetDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger<FleetStore> _logger;
    private readonly Task _writer;
    private FleetSubscription[] _subscriptions = [];
    private HashSet<FleetChange> _dirty = [];
    private TaskCompletionSource _nextFlush = NewFlush();
    private TaskCompletionSource _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _trouble;

    public FleetStore(FleetDatabase database, TimeProvider time, ILogger<FleetStore> logger)
    {
        _database = database;
        _time = time;
        _logger = logger;
        foreach (var row in database.ReadAll())
        {
            Load(row);
        }

        _writer = Task.Run(WriteLoopAsync);
    }

    /// <summary>In ordinal order of id.</summary>
    public IReadOnlyList<DeviceView> Devices => [.. _devices.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value)];

    /// <summary>In order of upload.</summary>
    public IReadOnlyList<ModelView> Models => [.. _models.Values.OrderBy(m => m.Manifest.UploadedAt).ThenBy(m => m.Manifest.Model.Value, StringComparer.Ordinal)];

    /// <summary>The newest first.</summary>
    public IReadOnlyList<RolloutInfo> Rollouts => [.. _rollouts.Values.OrderByDescending(r => r.CreatedAt).ThenBy(r => r.Rollout.Value, StringComparer.Ordinal)];

    /// <summary>What went wrong with the last write; null when it went well.</summary>
    public string? Trouble => _trouble;

    public DeviceView? Device(DeviceId id) => _devices.GetValueOrDefault(id.Value);

    public ModelView? Model(ModelId id) => _models.GetValueOrDefault(id.Value);

    public RolloutInfo? Rollout(RolloutId id) => _rollouts.GetValueOrDefault(id.Value);

    public void DeviceChanged(DeviceView device)
    {
        _devices[device.Device.Value] = device;
        Changed(new FleetChange(FleetEntity.Device, device.Device.Value));
    }

    public void ModelChanged(ModelView model)
    {
        _models[model.Manifest.Model.Value] = model;
        Changed(new FleetChange(FleetEntity.Model, model.Manifest.Model.Value));
    }

    public void RolloutChanged(RolloutInfo rollout)
    {
        _rollouts[rollout.Rollout.Value] = rollout;
        Changed(new FleetChange(FleetEntity.Rollout, rollout.Rollout.Value));
    }

    public Task<IReadOnlyList<DeviceView>> ListDevicesAsync(CancellationToken cancellationToken) => Task.FromResult(Devices);

    /// <summary>Everything that there is, as if it had just changed: models first, then devices and rollouts.</summary>
    public IEnumerable<FleetChange> Snapshot() =>
    [
        .. Models.Select(m => new FleetChange(FleetEntity.Model, m.Manifest.Model.Value)),
        .. Devices.Select(d => new FleetChange(FleetEntity.Device, d.Device.Value)),
        .. Rollouts.Select(r => new FleetChange(FleetEntity.Rollout, r.Rollout.Value)),
    ];

    /// <summary>Watches from now on; dispose to end.</summary>
    public FleetSubscription Subscribe()
    {
        var subscription = new FleetSubscription(Unsubscribe);
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    /// <summary>Returns when everything told so far is durable; throws when it could not be written.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_dirty.Count == 0)
            {
                return _flushing.WaitAsync(cancellationToken);
            }

            _hurry.TrySetResult();
            return _nextFlush.Task.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _writer;
        _stop.Dispose();
        _work.Dispose();
        _database.Dispose();
    }

    private static TaskCompletionSource NewFlush()
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = flush.Task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return flush;
    }

    private void Changed(FleetChange change)
    {
        FleetSubscription[] subscriptions;
        lock (_gate)
        {
            if (_dirty.Add(change) && _dirty.Count == 1)
            {
                Wake();
            }

            subscriptions = _subscriptions;
        }

        foreach (var subscription in subscriptions)
        {
            subscription.Notify(change);
        }
    }

    private void Wake()
    {
        if (_work.CurrentCount == 0)
        {
            _work.Release();
        }
    }

    private void Unsubscribe(FleetSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions = [.. _subscriptions.Where(s => s != subscription)];
        }
    }
}
