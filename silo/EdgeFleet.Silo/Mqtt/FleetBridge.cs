using System.Text.Json;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.GrainContracts;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Storage;
using EdgeFleet.Silo.Telemetry;
using Orleans;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Brings what devices send to their grains, and the grains' acknowledgements back. Owns no truth: every message may be lost or doubled.</summary>
internal sealed partial class FleetBridge(
    IMqttLink link,
    IGrainFactory grains,
    FleetStore fleet,
    BlobPublisher blobs,
    RejectionLog rejections,
    FleetCounters counters,
    ILogger<FleetBridge> logger) : IAsyncDisposable
{
    private const int Lanes = 64;
    private const int LaneCapacity = 64;

    private readonly CancellationTokenSource _stop = new();
    private DeviceLanes<UpMessage>? _lanes;
    private Task _reader = Task.CompletedTask;

    /// <summary>Subscribes, and reads until disposed.</summary>
    /// <exception cref="MqttLinkException">The broker refuses the subscription.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _lanes = new DeviceLanes<UpMessage>(Lanes, LaneCapacity, HandleAsync);
        _reader = Task.Run(ReadAsync, CancellationToken.None);
        await link.SubscribeAsync(Topics.AllUpShared, MqttQos.AtLeastOnce, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _reader;
        if (_lanes is not null)
        {
            await _lanes.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var message in link.ReadAllAsync(_stop.Token))
            {
                // A topic of another form can't come through the subscription, save from a broker without our ACL.
                if (Topics.TryParseUp(message.Topic, out var device, out var kind))
                {
                    await _lanes!.EnqueueAsync(device, UpMessageReader.Read(device, kind, message.Payload.Span), _stop.Token);
                }
                else
                {
                    counters.MessageRejected(UpFault.UnknownKind);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task HandleAsync(UpMessage message)
    {
        try
        {
            await DispatchAsync(message);
        }
        catch (Exception e)
        {
            // The device keeps what was not acknowledged and sends it again.
            counters.MessageRejected(UpFault.Failed);
            LogFailed(message.Device, message.GetType().Name, e);
        }
    }

    private async Task DispatchAsync(UpMessage message)
    {
        var device = grains.GetGrain<IDeviceGrain>(message.Device.Value);
        switch (message)
        {
            case UpMessage.Rejected rejected:
                await RejectAsync(device, rejected);
                return;
            case UpMessage.Registration { Body: var body }:
                await device.Register(body);
                await fleet.FlushAsync(_stop.Token);
                counters.MessageTaken(UpKind.Registration);
                return;
            case UpMessage.Presence { Body: var body }:
                await device.SetPresence(body);
                counters.MessageTaken(UpKind.Presence);
                return;
            case UpMessage.Report { Body: var body }:
                var reported = await device.Report(body);
                counters.MessageTaken(UpKind.Reported);
                await AcknowledgeAsync(message.Device, reported);
                return;
            case UpMessage.Telemetry { Body: var body }:
                var counted = await device.TakeTelemetry(body);
                counters.MessageTaken(UpKind.Telemetry);
                await AcknowledgeAsync(message.Device, counted);
                return;
            case UpMessage.Want { Body: var body }:
                counters.MessageTaken(UpKind.Want);
                if (!blobs.Request(body))
                {
                    await RejectAsync(device, new UpMessage.Rejected(message.Device, UpFault.UnknownArtifact, $"there is no artifact {body.Artifact}"));
                }

                return;
        }
    }

    private async Task RejectAsync(IDeviceGrain device, UpMessage.Rejected rejected)
    {
        rejections.Add(rejected);
        await device.CountRejectedMessage(rejected.Reason);
    }

    /// <summary>At most once: an acknowledgement that is lost is given again when the device sends again.</summary>
    private async Task AcknowledgeAsync(DeviceId device, UpAck ack)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(ack, WireJson.Default.UpAck);
        try
        {
            await link.PublishAsync(new MqttMessage(Topics.Ack(device), payload) { Qos = MqttQos.AtMostOnce }, _stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            LogNotAcknowledged(device, ack.Stream, e.Message);
        }
    }

    [LoggerMessage(EventId = 1420, Level = LogLevel.Error, Message = "{Kind} of {Device} could not be taken in; the device sends it again")]
    private partial void LogFailed(DeviceId device, string kind, Exception exception);

    [LoggerMessage(EventId = 1421, Level = LogLevel.Debug, Message = "{Stream} of {Device} was taken in, but not acknowledged: {Reason}")]
    private partial void LogNotAcknowledged(DeviceId device, string stream, string reason);
}
