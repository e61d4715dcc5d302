using System.Collections.Concurrent;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Grains.Ports;

namespace EdgeFleet.Tests.Grains;

/// <summary>Devices behind a broker: they outlive the silo, keep what they were told, and repeat a report until it is acknowledged.</summary>
internal sealed class ScriptedDevices(TestFleet fleet) : IDesiredStatePublisher
{
    private readonly ConcurrentDictionary<DeviceId, ScriptedDevice> _devices = new();
    private readonly ConcurrentQueue<DesiredState> _published = new();

    /// <summary>While set, the broker is gone.</summary>
    public bool BrokerIsDown { get; set; }

    public IReadOnlyList<DesiredState> Published => [.. _published];

    public ScriptedDevice this[string id] => _devices[new DeviceId(id)];

    public ScriptedDevice Add(string id) => _devices.GetOrAdd(new DeviceId(id), d => new ScriptedDevice(d));

    public Task PublishAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        if (BrokerIsDown)
        {
            throw new IOException("no broker");
        }

        _published.Enqueue(desired);
        if (_devices.TryGetValue(desired.Device, out var device))
        {
            device.Retained = desired;
        }

        return Task.CompletedTask;
    }

    public async Task SendAsync()
    {
        foreach (var device in _devices.Values)
        {
            device.Reconcile();
            while (device.Next is { } report)
            {
                var sent = fleet.Device(device.Id.Value).Report(report);
                if (await Task.WhenAny(sent, fleet.Kill.Struck) != sent || sent.IsFaulted)
                {
                    _ = sent.Exception;
                    break;
                }

                device.Acknowledge((await sent).UpTo);
            }
        }
    }
}

/// <summary>One device. By default it proves whatever it is given.</summary>
internal sealed class ScriptedDevice(DeviceId id)
{
    private readonly List<ReportedState> _unsent = [];
    private long _sequence;
    private long _generation;
    private Sha256Digest? _active;

    public DeviceId Id { get; } = id;

    public Guid Incarnation { get; } = Some.Incarnation;

    /// <summary>Away from the broker: reads and sends nothing.</summary>
    public bool IsAway { get; set; }

    /// <summary>Sends nothing, as if the network swallowed it, but installs.</summary>
    public bool IsMute { get; set; }

    /// <summary>Variants that this device refuses.</summary>
    public Func<DesiredState, InstallFailure> Refuses { get; set; } = _ => InstallFailure.None;

    public DesiredState? Retained { get; set; }

    public Sha256Digest? Active => _active;

    /// <summary>Every variant that ever served here.</summary>
    public List<Sha256Digest> Served { get; } = [];

    public ReportedState? Next => IsAway || IsMute || _unsent.Count == 0 ? null : _unsent[0];

    public void Acknowledge(long upTo) => _unsent.RemoveAll(r => r.Sequence <= upTo);

    public void Reconcile()
    {
        if (IsAway || Retained is not { } desired || desired.Generation <= _generation)
        {
            return;
        }

        _generation = desired.Generation;
        Say(InstallPhase.Downloading);
        var failure = desired.Variant.Sha256 == _active ? InstallFailure.None : Refuses(desired);
        if (failure != InstallFailure.None)
        {
            Say(InstallPhase.Failed, failure);
            return;
        }

        if (_active != desired.Variant.Sha256)
        {
            _active = desired.Variant.Sha256;
            Served.Add(desired.Variant.Sha256);
        }

        Say(InstallPhase.Soaking);
        Say(InstallPhase.Proved);
    }

    /// <summary>After it was proved: it goes back to another variant by itself.</summary>
    public void FallBackTo(Sha256Digest? variant)
    {
        _active = variant;
        Say(InstallPhase.Failed, InstallFailure.Soak);
    }

    private void Say(InstallPhase phase, InstallFailure failure = InstallFailure.None) => _unsent.Add(new ReportedState(
        Id, Incarnation, ++_sequence, _generation, phase, _active, null, null, null, failure,
        failure == InstallFailure.None ? null : $"scripted {failure}", 0, new ProofResult(0, 0.1, 0.5, 256, 1, 1), Some.At));
}
