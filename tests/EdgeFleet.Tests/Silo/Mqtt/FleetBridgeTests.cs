using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.GrainContracts;
using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Silo.Artifacts;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Silo.Storage;
using EdgeFleet.Silo.Telemetry;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using Orleans;

namespace EdgeFleet.Tests.Silo.Mqtt;

/// <summary>The bridge on a real broker, with grains that only note what reaches them.</summary>
public sealed class FleetBridgeTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FleetCounters _counters = new();
    private readonly LineLogger<RejectionLog> _rejectionLog = new();
    private readonly ConcurrentDictionary<string, IDeviceGrain> _devices = new();
    private readonly ConcurrentQueue<(string Device, long Sequence)> _telemetry = new();
    private readonly IGrainFactory _grains = Substitute.For<IGrainFactory>();
    private MosquittoFixture _broker = null!;
    private FleetStore _fleet = null!;
    private ArtifactStore _artifacts = null!;
    private IMqttLink _siloLink = null!;
    private IMqttLink _device = null!;
    private BlobPublisher _blobs = null!;
    private FleetBridge _bridge = null!;

    public async Task InitializeAsync()
    {
        _broker = await MosquittoFixture.StartAsync();
        _fleet = new FleetStore(FleetDatabase.Open(_folder.File("fleet.db")), TimeProvider.System, NullLogger<FleetStore>.Instance);
        _artifacts = new ArtifactStore(_folder.File("artifacts"), NullLogger<ArtifactStore>.Instance);
        _grains.GetGrain<IDeviceGrain>(Arg.Any<string>()).Returns(call => _devices.GetOrAdd(call.ArgAt<string>(0), NewDevice));
        _siloLink = Link("silo", maximumPacketBytes: 16 * 1024 * 1024);
        _device = Link("device", maximumPacketBytes: 16 * 1024 * 1024);
        _blobs = new BlobPublisher(_siloLink, _artifacts, _counters, TimeProvider.System, NullLogger<BlobPublisher>.Instance);
        var rejections = new RejectionLog(_counters, TimeProvider.System, _rejectionLog);
        _bridge = new FleetBridge(_siloLink, _grains, _fleet, _blobs, rejections, _counters, NullLogger<FleetBridge>.Instance);
        await _siloLink.ConnectAsync(CancellationToken.None);
        await _device.ConnectAsync(CancellationToken.None);
        await _bridge.StartAsync(CancellationToken.None);
        _blobs.Start();
    }

    public async Task DisposeAsync()
    {
        await _bridge.DisposeAsync();
        await _blobs.DisposeAsync();
        await _siloLink.DisposeAsync();
        await _device.DisposeAsync();
        await _fleet.DisposeAsync();
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Hostile_messages_are_counted_and_named_once_and_good_ones_after_them_still_arrive()
    {
        await Send(Topics.Telemetry(Samples.Cam1), "hello");
        await Send(Topics.Telemetry(Samples.Cam1), new byte[10 * 1024 * 1024]);
        await Send(Topics.Telemetry(new DeviceId("cam-2")), Telemetry(1));
        await Send(Topics.Up(Samples.Cam1, "firmware"), "{}");
        await Send($"{Topics.Root}/bad id!/up/telemetry", "{}");
        await Send(Topics.Want(Samples.Cam1), Want(Sha256Digest.Of([9]), 1));
        await Send(Topics.Telemetry(Samples.Cam1), Telemetry(1));

        await Eventually.True(() => _counters.Taken.GetValueOrDefault(UpKind.Telemetry) == 1, "the good message arrives");
        await Eventually.True(() => _counters.Rejected(UpFault.UnknownArtifact) == 1, "the unknown artifact is counted");
        _counters.Rejected(UpFault.Malformed).ShouldBe(1);
        _counters.Rejected(UpFault.Oversize).ShouldBe(1);
        _counters.Rejected(UpFault.WrongDevice).ShouldBe(1);
        _counters.Rejected(UpFault.UnknownKind).ShouldBe(2);
        _telemetry.ShouldBe([("cam-1", 1L)]);
        _rejectionLog.Lines.Count.ShouldBe(2);
        _rejectionLog.Lines.ShouldContain(l => l.Contains("cam-1", StringComparison.Ordinal));
        _rejectionLog.Lines.ShouldContain(l => l.Contains("cam-2", StringComparison.Ordinal));
        await _devices["cam-1"].Received(4).CountRejectedMessage(Arg.Any<string>());
        await _devices["cam-2"].Received(1).CountRejectedMessage(Arg.Any<string>());
    }

    [Fact]
    public async Task Taken_telemetry_is_acknowledged_to_its_device()
    {
        await _device.SubscribeAsync(Topics.Ack(Samples.Cam1), MqttQos.AtLeastOnce, CancellationToken.None);

        await Send(Topics.Registration(Samples.Cam1), JsonSerializer.SerializeToUtf8Bytes(Samples.Registration, WireJson.Default.DeviceRegistration));
        await Send(Topics.Telemetry(Samples.Cam1), Telemetry(7));

        (await ReceiveAsync(1)).Select(m => JsonSerializer.Deserialize(m.Payload.Span, WireJson.Default.UpAck)!)
            .ShouldBe([new UpAck(UpKind.Telemetry, Samples.Incarnation, 7)]);
    }

    [Fact]
    public async Task A_devices_messages_reach_its_grain_in_order()
    {
        for (var i = 1; i <= 200; i++)
        {
            await Send(Topics.Telemetry(Samples.Cam1), Telemetry(i));
        }

        await Eventually.True(() => _telemetry.Count == 200, "all arrive");
        _telemetry.Select(t => t.Sequence).ShouldBe(Enumerable.Range(1, 200).Select(i => (long)i));
    }

    [Fact]
    public async Task A_grain_that_fails_does_not_stop_the_others()
    {
        _devices["cam-2"] = Substitute.For<IDeviceGrain>();
        _devices["cam-2"].TakeTelemetry(Arg.Any<TelemetryBatch>()).Returns<UpAck>(_ => throw new InvalidOperationException("storage is gone"));
        await Send(Topics.Telemetry(new DeviceId("cam-2")), Telemetry(1, "cam-2"));
        await Send(Topics.Telemetry(Samples.Cam1), Telemetry(1));

        await Eventually.True(() => !_telemetry.IsEmpty && _counters.Rejected(UpFault.Failed) == 1, "one fails, the other is taken");
    }

    [Fact]
    public async Task An_artifact_asked_for_arrives_whole_and_a_chunk_asked_for_twice_while_waiting_comes_once()
    {
        var bytes = new byte[1_000_000];
        new Random(3).NextBytes(bytes);
        var artifact = await _artifacts.PutAsync(bytes, CancellationToken.None);
        await _device.SubscribeAsync(Topics.Blob(artifact.Sha256), MqttQos.AtLeastOnce, CancellationToken.None);
        var count = BlobChunk.CountFor(artifact.SizeBytes, BlobChunk.DefaultChunkBytes);

        await Send(Topics.Want(Samples.Cam1), Want(artifact.Sha256, count));

        var together = new byte[bytes.Length];
        foreach (var message in await ReceiveAsync(count))
        {
            BlobChunk.TryDecode(message.Payload, out var chunk, out _).ShouldBeTrue();
            chunk!.Payload.CopyTo(together.AsMemory(chunk.Index * BlobChunk.DefaultChunkBytes));
        }

        Sha256Digest.Of(together).ShouldBe(artifact.Sha256);
        await Eventually.True(() => _counters.Chunks == count, "every chunk is acknowledged");
        _counters.ChunkBytes.ShouldBe(bytes.Length);
    }

    private IDeviceGrain NewDevice(string id)
    {
        var grain = Substitute.For<IDeviceGrain>();
        grain.TakeTelemetry(Arg.Any<TelemetryBatch>()).Returns(call =>
        {
            var batch = call.Arg<TelemetryBatch>();
            _telemetry.Enqueue((id, batch.Sequence));
            return new UpAck(UpKind.Telemetry, batch.Incarnation, batch.Sequence);
        });
        return grain;
    }

    private IMqttLink Link(string id, int maximumPacketBytes) => new LibmosquittoLinkFactory().Create(
        new MqttLinkOptions { ClientId = id, Port = _broker.Port, MaximumPacketBytes = maximumPacketBytes });

    private Task Send(string topic, string payload) => Send(topic, Encoding.UTF8.GetBytes(payload));

    private Task Send(string topic, byte[] payload) => _device.PublishAsync(new MqttMessage(topic, payload), CancellationToken.None);

    private async Task<List<MqttMessage>> ReceiveAsync(int count)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        return await _device.ReadAllAsync(bound.Token).Take(count).ToListAsync(bound.Token);
    }

    private static byte[] Telemetry(long sequence, string device = "cam-1") =>
        JsonSerializer.SerializeToUtf8Bytes(Samples.Batch with { Device = new DeviceId(device), Sequence = sequence }, WireJson.Default.TelemetryBatch);

    private static byte[] Want(Sha256Digest artifact, int chunks)
    {
        var missing = new byte[(chunks + 7) / 8];
        Array.Fill(missing, (byte)255);
        return JsonSerializer.SerializeToUtf8Bytes(
            new ChunkRequest(Samples.Cam1, artifact, BlobChunk.DefaultChunkBytes, 0, missing), WireJson.Default.ChunkRequest);
    }
}
