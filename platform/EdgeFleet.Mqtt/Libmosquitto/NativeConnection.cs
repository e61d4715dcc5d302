using System.Net.Sockets;
using EdgeFleet.Mqtt.Links;

namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>One connection, from the first packet to the last, run by one thread: it owns the native client, so that nothing else calls into it.</summary>
internal sealed class NativeConnection : INativeEvents, IDisposable
{
    private const int TickMs = 1000;
    private const int HandshakeTickMs = 100;
    private const int FarewellMs = 1000;

    private readonly MqttLinkOptions _options;
    private readonly WakeablePoll _poll;
    private readonly OutgoingQueue _outgoing;
    private readonly IncomingQueue _incoming;
    private readonly SubscriptionTable _subscriptions;
    private readonly Action<SubscriptionCommand, int> _onSubscriptionAnswer;
    private readonly NativeClient _client;
    private readonly Dictionary<int, OutgoingMessage> _unacknowledged = [];
    private readonly Queue<OutgoingMessage> _unwritten = new();
    private readonly Dictionary<int, SubscriptionCommand> _unanswered = [];
    private int? _connectReason;
    private int _window;
    private int _disconnectReason;
    private int _sendError;
    private long _eventCount;
    private Exception? _fault;

    public NativeConnection(
        MqttLinkOptions options,
        bool cleanStart,
        WakeablePoll poll,
        OutgoingQueue outgoing,
        IncomingQueue incoming,
        SubscriptionTable subscriptions,
        Action<SubscriptionCommand, int> onSubscriptionAnswer)
    {
        _options = options;
        _poll = poll;
        _outgoing = outgoing;
        _incoming = incoming;
        _subscriptions = subscriptions;
        _onSubscriptionAnswer = onSubscriptionAnswer;
        _client = new NativeClient(options, cleanStart, this);
    }

    public bool SessionPresent { get; private set; }

    /// <summary>Runs until the broker has answered. Null: connected. Else the reason, and whether a retry is pointless.</summary>
    public (MqttLinkException Reason, bool IsFinal)? Open(AddressFamily family, Func<bool> stopping)
    {
        var deadline = Environment.TickCount64 + (long)_options.ConnectTimeout.TotalMilliseconds;
        var error = _client.BeginConnect(family);
        var reached = false;
        while (_connectReason is null)
        {
            if (error > 0 || _fault is not null || _client.Socket < 0)
            {
                return Failure(error);
            }

            if (stopping() || Environment.TickCount64 > deadline)
            {
                return (new MqttLinkException($"{Peer} did not answer within {_options.ConnectTimeout.TotalSeconds:0.#} s.", -1), false);
            }

            // TLS leaves its wish to write set until the first packet, so writability is only asked for until the peer is reached.
            var happened = _poll.Wait(_client.Socket, reached ? PollEntry.In : (short)(PollEntry.In | PollEntry.Out), HandshakeTickMs);
            if ((happened & (PollEntry.Error | PollEntry.HangUp)) != 0 && (happened & PollEntry.In) == 0)
            {
                return (new MqttLinkException($"{Peer} cannot be reached: {_client.TakeSocketError() ?? "connection closed"}.", -NativeMethods.ErrorErrno), false);
            }

            if (happened != 0 || reached)
            {
                reached = true;
                var before = _eventCount;
                error = _client.Read();
                error = error == 0 && _connectReason is null && _client.Socket >= 0 ? _client.Write() : error;
                if ((happened & (PollEntry.Error | PollEntry.HangUp)) != 0 && before == _eventCount && error == 0)
                {
                    return Failure(NativeMethods.ErrorTls);
                }
            }
        }

        if (_connectReason != 0)
        {
            return (
                new MqttLinkException($"{Peer} refused client {_options.ClientId}: {MqttReasons.Describe(_connectReason.Value)}.", _connectReason.Value),
                MqttReasons.IsFinal(_connectReason.Value));
        }

        _client.StopLog();
        return null;
    }

    /// <summary>Carries messages until the connection ends, and says why it ended.</summary>
    public string Run(Func<bool> stopping)
    {
        var readAgain = true;
        while (!stopping())
        {
            Send();
            if (Ended(_sendError) is { } reason)
            {
                return reason;
            }

            var paused = _incoming.IsFull();
            var wants = (short)((paused ? 0 : PollEntry.In) | (_client.WantsWrite ? PollEntry.Out : 0));
            var happened = _poll.Wait(_client.Socket, wants, readAgain && !paused ? 0 : TickMs);
            var error = NativeMethods.Success;
            if ((happened & PollEntry.Out) != 0)
            {
                error = _client.Write();
            }

            // TLS can hold decrypted packets that poll does not see: after a read that brought something, read once more.
            var before = _eventCount;
            if (error == 0 && !paused && (readAgain || (happened & ~PollEntry.Out) != 0))
            {
                error = _client.Read();
            }

            readAgain = paused ? readAgain : before != _eventCount;
            if (error == 0 && (happened & (PollEntry.Error | PollEntry.HangUp)) != 0 && !readAgain)
            {
                return $"{Peer} closed the connection: {_client.TakeSocketError() ?? "no reason given"}";
            }

            error = error == 0 && _client.Socket >= 0 ? _client.Tick() : error;
            if (Ended(error) is { } end)
            {
                return end;
            }
        }

        SayFarewell();
        return "disposed";
    }

    public void OnConnectAnswer(int reasonCode, bool sessionPresent, int receiveMaximum)
    {
        _eventCount++;
        _connectReason = reasonCode;
        SessionPresent = sessionPresent;
        _window = Math.Min(_options.ReceiveMaximum, receiveMaximum);
    }

    public void OnPublished(int packetId, int reasonCode)
    {
        _eventCount++;
        if (!_unacknowledged.Remove(packetId, out var message) && !_unwritten.TryDequeue(out message))
        {
            return;
        }

        if (reasonCode < 0x80)
        {
            _outgoing.Complete(message);
        }
        else
        {
            _outgoing.Fail(message, new MqttLinkException(
                $"{Peer} refused the message for {message.Message.Topic}: {MqttReasons.Describe(reasonCode)}.", reasonCode));
        }
    }

    public void OnMessage(MqttMessage message)
    {
        _eventCount++;
        _incoming.Add(message);
    }

    public void OnSubscriptionAnswer(int packetId, int reasonCode)
    {
        _eventCount++;
        if (_unanswered.Remove(packetId, out var command))
        {
            _onSubscriptionAnswer(command, reasonCode);
        }
    }

    public void OnDisconnect(int reasonCode)
    {
        _eventCount++;
        _disconnectReason = reasonCode;
    }

    public void OnFault(Exception fault) => _fault ??= fault;

    public void Dispose() => _client.Dispose();

    private bool CanSend => _sendError == NativeMethods.Success && _client.Socket >= 0;

    private string Peer => $"MQTT broker {_options.Host}:{_options.Port}";

    private void Send()
    {
        while (CanSend && _subscriptions.TryTake() is { } command)
        {
            var error = command.Qos is { } qos
                ? _client.Subscribe(command.Filter, qos, command.IsRenewal, out var packetId)
                : _client.Unsubscribe(command.Filter, out packetId);
            if (NativeMethods.IsRefusal(error))
            {
                _onSubscriptionAnswer(command, MqttReasons.Unspecified);
                continue;
            }

            _unanswered[packetId] = command;
            _sendError = _sendError == NativeMethods.Success ? error : _sendError;
        }

        // The library's own packet queue has no bound: hand it nothing more while it has something to write.
        while (CanSend && !_client.WantsWrite && _outgoing.TryTake(_window) is { } message)
        {
            if (message.Message.Qos == MqttQos.AtMostOnce)
            {
                // Written, and reported, within the call.
                _unwritten.Enqueue(message);
            }

            var error = _client.Publish(message.Message, out var packetId);
            if (NativeMethods.IsRefusal(error))
            {
                Refuse(message, error);
                continue;
            }

            // The call writes at once; when that fails the connection is at its end, and the message goes out on the next one.
            _sendError = error;
            if (message.Message.Qos == MqttQos.AtLeastOnce)
            {
                _unacknowledged[packetId] = message;
            }
        }
    }

    private void Refuse(OutgoingMessage message, int error)
    {
        var code = error == NativeMethods.ErrorOversizePacket ? MqttReasons.PacketTooLarge : -error;
        var reason = error == NativeMethods.ErrorOversizePacket
            ? $"its {message.Bytes} bytes exceed what the broker takes"
            : NativeMethods.Describe(error);
        _outgoing.Fail(message, new MqttLinkException($"The message for {message.Message.Topic} was not sent: {reason}.", code));
        if (message.Message.Qos == MqttQos.AtMostOnce)
        {
            // The refused one is the last; a socket that dies within the call refuses nothing.
            var others = _unwritten.Where(other => other != message).ToArray();
            _unwritten.Clear();
            Array.ForEach(others, _unwritten.Enqueue);
        }
    }

    private string? Ended(int error)
    {
        if (_fault is not null)
        {
            return $"a callback failed: {_fault.Message}";
        }

        if (error == NativeMethods.Success && _client.Socket >= 0)
        {
            return null;
        }

        return _disconnectReason >= 0x80
            ? $"{Peer} ended the connection: {MqttReasons.Describe(_disconnectReason)}"
            : $"{Peer}: {(error is NativeMethods.Success or NativeMethods.ErrorNoConnection ? "connection lost" : NativeMethods.Describe(error))}";
    }

    private (MqttLinkException Reason, bool IsFinal) Failure(int error)
    {
        if (_fault is not null)
        {
            return (new MqttLinkException($"{Peer}: a callback failed: {_fault.Message}", -1, _fault), false);
        }

        var logged = _client.LoggedErrors;
        if (error == NativeMethods.ErrorTls || logged.Length > 0)
        {
            return (new MqttLinkException($"{Peer}: TLS failed: {(logged.Length > 0 ? logged : "connection closed during the handshake")}.", -NativeMethods.ErrorTls), logged.Length > 0);
        }

        return (new MqttLinkException($"{Peer} cannot be reached: {(error > 0 ? NativeMethods.Describe(error) : "connection closed")}.", -Math.Max(error, 1)), false);
    }

    /// <summary>DISCONNECT, so that the broker drops the will; given up after a second.</summary>
    private void SayFarewell()
    {
        var deadline = Environment.TickCount64 + FarewellMs;
        var error = _client.Disconnect();
        while (error == NativeMethods.Success && _client.Socket >= 0 && Environment.TickCount64 < deadline)
        {
            _poll.Wait(_client.Socket, PollEntry.Out, HandshakeTickMs);
            error = _client.Write();
        }
    }
}
