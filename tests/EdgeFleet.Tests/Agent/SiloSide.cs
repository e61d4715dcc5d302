using System.Collections.Concurrent;
using System.Text.Json;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.Mqtt;
using EdgeFleet.Tests.Agent.Install;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent;

/// <summary>Plays the silo towards agents: hands out desired states and chunks, acknowledges, and keeps what it is told.</summary>
internal sealed class SiloSide : IAsyncDisposable
{
    private readonly IMqttLink _link;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private readonly ConcurrentDictionary<Sha256Digest, byte[]> _artifacts = new();
    private readonly ConcurrentDictionary<DeviceId, DeviceLog> _devices = new();

    private SiloSide(IMqttLink link)
    {
        _link = link;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Changes a chunk message on its way; null loses it.</summary>
    public Func<BlobChunk, byte[], byte[]?> Tamper { get; set; } = (_, message) => message;

    /// <summary>False leaves reports and telemetry without acknowledgement.</summary>
    public bool Acknowledges { get; set; } = true;

    public int ChunkRequests { get; private set; }

    public static async Task<SiloSide> StartAsync(IMqttLinkFactory links, int port = 1883)
    {
        var link = links.Create(new MqttLinkOptions { ClientId = "silo-side", Port = port, QueueLength = 10_000 });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await link.ConnectAsync(limit.Token);
        await link.SubscribeAsync($"{Topics.Root}/+/up/#", MqttQos.AtLeastOnce, limit.Token);
        return new SiloSide(link);
    }

    public DeviceLog Device(DeviceId device) => _devices.GetOrAdd(device, _ => new DeviceLog());

    public ArtifactRef Store(byte[] bytes)
    {
        var digest = Sha256Digest.Of(bytes);
        _artifacts[digest] = bytes;
        return new ArtifactRef(digest, bytes.Length);
    }

    public Task DesireAsync(DesiredState desired) =>
        SendRawAsync(Topics.Desired(desired.Device), JsonSerializer.SerializeToUtf8Bytes(desired, WireJson.Default.DesiredState), retain: true);

    public async Task SendRawAsync(string topic, byte[] payload, bool retain = false)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _link.PublishAsync(new MqttMessage(topic, payload) { Retain = retain }, limit.Token);
    }

    /// <summary>Waits until the device reports a generation in a phase that ends it.</summary>
    public async Task<ReportedState> EndOf(DeviceId device, long generation, TimeSpan? atMost = null)
    {
        var log = Device(device);
        await Eventually.True(
            () => log.Last is { Phase: InstallPhase.Proved or InstallPhase.Failed } last && last.Generation == generation,
            $"{device} ends generation {generation}; it last said {log.Last}",
            atMost);
        return log.Last!;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _link.DisposeAsync();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        await foreach (var message in _link.ReadAllAsync(_stop.Token))
        {
            if (!Topics.TryParseUp(message.Topic, out var device, out var kind))
            {
                continue;
            }

            var log = Device(device);
            var payload = message.Payload.Span;
            switch (kind)
            {
                case UpKind.Presence:
                    log.Presence.Enqueue(JsonSerializer.Deserialize(payload, WireJson.Default.Presence)!.Online);
                    break;
                case UpKind.Registration:
                    log.Registrations.Enqueue(JsonSerializer.Deserialize(payload, WireJson.Default.DeviceRegistration)!);
                    break;
                case UpKind.Reported:
                    var report = JsonSerializer.Deserialize(payload, WireJson.Default.ReportedState)!;
                    await AcknowledgeAsync(device, new UpAck(UpKind.Reported, report.Incarnation, log.Take(report)));
                    break;
                case UpKind.Telemetry:
                    var batch = JsonSerializer.Deserialize(payload, WireJson.Default.TelemetryBatch)!;
                    await AcknowledgeAsync(device, new UpAck(UpKind.Telemetry, batch.Incarnation, log.Take(batch)));
                    break;
                case UpKind.Want:
                    ChunkRequests++;
                    await ServeAsync(JsonSerializer.Deserialize(payload, WireJson.Default.ChunkRequest)!);
                    break;
            }
        }
    }

    private async Task AcknowledgeAsync(DeviceId device, UpAck ack)
    {
        if (Acknowledges)
        {
            await _link.PublishAsync(new MqttMessage(Topics.Ack(device), JsonSerializer.SerializeToUtf8Bytes(ack, WireJson.Default.UpAck)), _stop.Token);
        }
    }

    private async Task ServeAsync(ChunkRequest request)
    {
        if (!_artifacts.TryGetValue(request.Artifact, out var bytes))
        {
            return;
        }

        foreach (var index in ScriptedChunks.Indexes(request.Offset, request.Missing))
        {
            var chunk = ScriptedChunks.Chunk(bytes, request.ChunkBytes, index);
            if (Tamper(chunk, chunk.Encode()) is { } message)
            {
                await _link.PublishAsync(new MqttMessage(Topics.Blob(request.Artifact), message), _stop.Token);
            }
        }
    }

    /// <summary>What one device said, counted as the silo counts it.</summary>
    internal sealed class DeviceLog
    {
        private readonly Lock _gate = new();
        private readonly List<ReportedState> _reports = [];
        private readonly List<TelemetryBatch> _batches = [];
        private Guid _incarnation;

        public ConcurrentQueue<bool> Presence { get; } = new();

        public ConcurrentQueue<DeviceRegistration> Registrations { get; } = new();

        /// <summary>Reports in the order of their sequence, each once.</summary>
        public IReadOnlyList<ReportedState> Reports
        {
            get
            {
                lock (_gate)
                {
                    return [.. _reports];
                }
            }
        }

        public ReportedState? Last
        {
            get
            {
                lock (_gate)
                {
                    return _reports.LastOrDefault();
                }
            }
        }

        /// <summary>Batches, each once, without gaps.</summary>
        public IReadOnlyList<TelemetryBatch> Batches
        {
            get
            {
                lock (_gate)
                {
                    return [.. _batches];
                }
            }
        }

        public long Take(ReportedState report)
        {
            lock (_gate)
            {
                if (_reports.Count == 0 || report.Sequence > _reports[^1].Sequence || report.Incarnation != _reports[^1].Incarnation)
                {
                    _reports.Add(report);
                }

                return _reports[^1].Sequence;
            }
        }

        public long Take(TelemetryBatch batch)
        {
            lock (_gate)
            {
                if (batch.Incarnation != _incarnation)
                {
                    _incarnation = batch.Incarnation;
                    _batches.Clear();
                }

                if (batch.Sequence == _batches.Count + 1)
                {
                    _batches.Add(batch);
                }

                return _batches.Count;
            }
        }
    }
}
