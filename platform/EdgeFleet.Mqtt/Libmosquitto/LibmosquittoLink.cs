using System.Net;
using System.Net.Sockets;
using EdgeFleet.Mqtt.Links;

namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>
/// The native link. One thread per link polls the socket and a wake-up, and makes all calls into libmosquitto, which is used for the
/// protocol only: its own loop waits whole seconds without jitter, ends for good on some errors, and cannot be paused.
/// </summary>
internal sealed class LibmosquittoLink : LinkBase
{
    private const int StackBytes = 256 * 1024;
    private static readonly TimeSpan s_lookupTimeout = TimeSpan.FromSeconds(10);

    private readonly WakeablePoll _poll = new();
    private readonly ReconnectDelay _delay;
    private TaskCompletionSource _ended = new();
    private bool _running;
    private bool _hadSession;

    public LibmosquittoLink(MqttLinkOptions options, Random random)
        : base(options) => _delay = new ReconnectDelay(options.ReconnectMin, options.ReconnectMax, random);

    protected override void Wake() => _poll.Wake();

    protected override void StartPump()
    {
        _running = true;
        _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = _ended;
        new Thread(() => Pump(ended), StackBytes) { IsBackground = true, Name = $"mqtt {ClientId}" }.Start();
    }

    protected override async Task StopPumpAsync()
    {
        if (_running)
        {
            await _ended.Task;
        }

        _poll.Dispose();
    }

    private void Pump(TaskCompletionSource ended)
    {
        try
        {
            while (!Stopping)
            {
                if (ConnectAndRun())
                {
                    return;
                }

                Pause(_delay.Next());
            }
        }
        finally
        {
            ended.SetResult();
        }
    }

    /// <summary>True when the pump is to end because a caller who waited for the first connect was told that it is refused.</summary>
    private bool ConnectAndRun()
    {
        try
        {
            (MqttLinkException Reason, bool IsFinal)? failure = Families(out var families);
            foreach (var family in families)
            {
                using var connection = new NativeConnection(
                    Options, Options.CleanStart && !_hadSession, _poll, Outgoing, Incoming, Subscriptions, OnSubscriptionAnswer);
                failure = connection.Open(family, () => Stopping);
                if (failure is null)
                {
                    Carry(connection);
                    return false;
                }

                if (failure.Value.IsFinal || Stopping)
                {
                    break;
                }
            }

            return failure is { } refused && OnRefused(refused.Reason, refused.IsFinal);
        }
        catch (MqttLinkException e)
        {
            return OnRefused(e, isFinal: true);
        }
    }

    private void Carry(NativeConnection connection)
    {
        var since = Environment.TickCount64;
        _hadSession = true;
        OnConnected(connection.SessionPresent);
        var reason = connection.Run(() => Stopping);
        if (Environment.TickCount64 - since > Options.ReconnectMax.TotalMilliseconds)
        {
            _delay.Reset();
        }

        OnDisconnected(reason);
        WaitForRoom();
    }

    /// <summary>A connection that was given up because the reader is behind is of no use before it has caught up.</summary>
    private void WaitForRoom()
    {
        while (!Stopping && Incoming.IsFull())
        {
            _poll.Wait(-1, 0, 1000);
        }
    }

    private void Pause(TimeSpan time)
    {
        var until = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (!Stopping && Environment.TickCount64 < until)
        {
            _poll.Wait(-1, 0, (int)Math.Max(1, until - Environment.TickCount64));
        }
    }

    private (MqttLinkException Reason, bool IsFinal)? Families(out AddressFamily[] families)
    {
        families = [AddressFamily.Unspecified];
        if (IPAddress.TryParse(Options.Host, out _))
        {
            return null;
        }

        try
        {
            var found = Dns.GetHostAddressesAsync(Options.Host).WaitAsync(s_lookupTimeout).GetAwaiter().GetResult()
                .Select(address => address.AddressFamily).Distinct().Order().ToArray();
            families = found.Length > 1 ? found : families;
            return null;
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            families = [];
            return (new MqttLinkException($"The name of the MQTT broker, {Options.Host}, was not found: {e.Message}", -1, e), false);
        }
    }
}
