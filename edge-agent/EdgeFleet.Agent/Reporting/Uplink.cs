using System.Text.Json;
using EdgeFleet.Agent.State;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Mqtt;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Reporting;

/// <summary>Tells the silo, as often as it takes: who the device is, where it stands, and what the outbox holds.</summary>
/// <remarks>
/// At each connect: presence, registration, the reported state, and telemetry from the first batch without acknowledgement. In between:
/// a report at each change, and again until it is acknowledged; telemetry in order, at most <see cref="Outbox.Window"/> batches under way.
/// </remarks>
internal sealed partial class Uplink : IDisposable
{
    /// <summary>Wait for an acknowledgement before something is sent again.</summary>
    public static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(10);

    private readonly DeviceId _device;
    private readonly IMqttLink _link;
    private readonly StateKeeper _state;
    private readonly Outbox _outbox;
    private readonly Func<DeviceRegistration> _register;
    private readonly TimeProvider _time;
    private readonly ILogger<Uplink> _logger;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private int _connects;
    private long _reportAcked;

    public Uplink(
        DeviceId device, IMqttLink link, StateKeeper state, Outbox outbox, Func<DeviceRegistration> register, TimeProvider time, ILogger<Uplink> logger)
    {
        (_device, _link, _state, _outbox, _register, _time, _logger) = (device, link, state, outbox, register, time, logger);
        state.Changed += Wake;
        link.StateChanged += OnLinkChanged;
    }

    /// <summary>Lets the loop look again.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Another thread woke it in the same moment.
        }
    }

    /// <summary>Takes in an acknowledgement; false where it is not one of this device's streams.</summary>
    public bool Acknowledge(UpAck ack)
    {
        if (ack.Incarnation != _state.Current.Incarnation)
        {
            return false;
        }

        switch (ack.Stream)
        {
            case UpKind.Reported:
                // An acknowledgement of what was never said can't be one.
                Interlocked.Exchange(ref _reportAcked, Math.Max(Interlocked.Read(ref _reportAcked), Math.Min(ack.UpTo, _state.Current.Sequence)));
                break;
            case UpKind.Telemetry:
                _outbox.Acknowledge(ack.UpTo);
                break;
            default:
                return false;
        }

        Wake();
        return true;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var cursor = new Cursor();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var wait = _link.State.Connected ? await SendNextAsync(cursor, cancellationToken) : Timeout.InfiniteTimeSpan;
                if (wait != TimeSpan.Zero)
                {
                    await WaitAsync(wait, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is MqttLinkException or IOException)
            {
                LogFailed(_device, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public void Dispose()
    {
        _state.Changed -= Wake;
        _link.StateChanged -= OnLinkChanged;
        _wake.Dispose();
    }

    /// <summary>Sends one message that is due.</summary>
    /// <returns>Zero where more may be due; otherwise how long nothing will be.</returns>
    private async Task<TimeSpan> SendNextAsync(Cursor cursor, CancellationToken cancellationToken)
    {
        var connects = Volatile.Read(ref _connects);
        if (cursor.Connects != connects)
        {
            await SendAsync(Topics.Presence(_device), new Presence(_device, true, _time.GetUtcNow()), cancellationToken);
            await SendAsync(Topics.Registration(_device), _register(), cancellationToken);
            cursor.Connects = connects;
            cursor.ReportSent = 0;
            cursor.TelemetrySent = _outbox.AckedUpTo;
        }

        var report = _state.Current;
        var reportAcked = Interlocked.Read(ref _reportAcked);
        var reportAge = _time.GetElapsedTime(cursor.ReportAt);
        if (cursor.ReportSent < report.Sequence || (reportAcked < report.Sequence && reportAge >= ResendAfter))
        {
            await SendAsync(Topics.Reported(_device), report.ToReport(_device), cancellationToken);
            cursor.ReportSent = report.Sequence;
            cursor.ReportAt = _time.GetTimestamp();
            return TimeSpan.Zero;
        }

        var acked = _outbox.AckedUpTo;
        if (acked > cursor.TelemetryAcked)
        {
            (cursor.TelemetryAcked, cursor.TelemetryAt) = (acked, _time.GetTimestamp());
        }

        cursor.TelemetrySent = Math.Max(cursor.TelemetrySent, acked);
        var telemetryAge = _time.GetElapsedTime(cursor.TelemetryAt);
        if (cursor.TelemetrySent > acked && telemetryAge >= ResendAfter)
        {
            cursor.TelemetrySent = acked;
        }

        if (_outbox.Find(cursor.TelemetrySent + 1) is { } batch)
        {
            await _link.PublishAsync(
                new MqttMessage(Topics.Telemetry(_device), JsonSerializer.SerializeToUtf8Bytes(batch, WireJson.Default.TelemetryBatch)), cancellationToken);
            cursor.TelemetrySent = batch.Sequence;
            cursor.TelemetryAt = _time.GetTimestamp();
            return TimeSpan.Zero;
        }

        var due = TimeSpan.MaxValue;
        if (reportAcked < report.Sequence)
        {
            due = ResendAfter - reportAge;
        }

        if (cursor.TelemetrySent > acked && ResendAfter - telemetryAge < due)
        {
            due = ResendAfter - telemetryAge;
        }

        return due == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : due < LeastWait ? LeastWait : due;
    }

    private Task SendAsync(string topic, Presence presence, CancellationToken cancellationToken) =>
        _link.PublishAsync(new MqttMessage(topic, JsonSerializer.SerializeToUtf8Bytes(presence, WireJson.Default.Presence)), cancellationToken);

    private Task SendAsync(string topic, DeviceRegistration registration, CancellationToken cancellationToken) =>
        _link.PublishAsync(new MqttMessage(topic, JsonSerializer.SerializeToUtf8Bytes(registration, WireJson.Default.DeviceRegistration)), cancellationToken);

    private Task SendAsync(string topic, ReportedState reported, CancellationToken cancellationToken) =>
        _link.PublishAsync(new MqttMessage(topic, JsonSerializer.SerializeToUtf8Bytes(reported, WireJson.Default.ReportedState)), cancellationToken);

    private void OnLinkChanged(MqttLinkState state)
    {
        if (state.Connected)
        {
            Interlocked.Increment(ref _connects);
            LogConnected(_device, state.SessionPresent);
        }
        else
        {
            LogDisconnected(_device, state.Reason);
        }

        Wake();
    }

    private async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (atMost == Timeout.InfiniteTimeSpan)
        {
            await _wake.WaitAsync(cancellationToken);
            return;
        }

        using var timeout = new CancellationTokenSource(atMost, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _wake.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Something is due again.
        }
    }

    [LoggerMessage(EventId = 5401, Level = LogLevel.Information, Message = "{Device} is connected (session taken up again: {SessionPresent})")]
    private partial void LogConnected(DeviceId device, bool sessionPresent);

    [LoggerMessage(EventId = 5402, Level = LogLevel.Warning, Message = "{Device} lost its broker and serves on without: {Reason}")]
    private partial void LogDisconnected(DeviceId device, string reason);

    [LoggerMessage(EventId = 5403, Level = LogLevel.Warning, Message = "{Device} could not send, trying again: {Reason}")]
    private partial void LogFailed(DeviceId device, string reason);

    /// <summary>What was sent over the present connection, and when.</summary>
    private sealed class Cursor
    {
        public int Connects { get; set; } = -1;

        public long ReportSent { get; set; }

        public long ReportAt { get; set; }

        public long TelemetrySent { get; set; }

        public long TelemetryAcked { get; set; }

        public long TelemetryAt { get; set; }
    }
}
