namespace EdgeFleet.Mqtt.Links;

/// <summary>
/// Messages to send, in the order of the calls: callers that wait for room, then the bounded queue, then what is in flight.
/// In-flight QoS 1 messages go back to the head when the connection ends; QoS 0 ones fail.
/// </summary>
internal sealed class OutgoingQueue(int maxLength, long maxBytes)
{
    /// <summary>Packet ids wrap at 65,535; a message unacknowledged for so long must not meet its id again.</summary>
    private const long MaxSpan = 60_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<OutgoingMessage> _waiting = new();
    private readonly LinkedList<OutgoingMessage> _queued = new();
    private readonly LinkedList<OutgoingMessage> _inFlight = new();
    private long _queuedBytes;
    private int _inFlightAtLeastOnce;
    private long _sequence;
    private bool _connected;
    private Exception? _closed;

    /// <summary>Messages in the bounded queue.</summary>
    public int Queued
    {
        get
        {
            lock (_gate)
            {
                return _queued.Count;
            }
        }
    }

    /// <summary>Callers that wait for room.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public async Task EnqueueAsync(MqttMessage message, Action wake, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entry = new OutgoingMessage(message);
        lock (_gate)
        {
            if (_closed is not null)
            {
                throw _closed;
            }

            if (message.Qos == MqttQos.AtMostOnce && !_connected)
            {
                throw new MqttLinkException($"Not connected: the QoS 0 message for {message.Topic} was not sent.", -1);
            }

            if (_waiting.Count == 0 && HasRoomFor(entry))
            {
                entry.Node = _queued.AddLast(entry);
                _queuedBytes += entry.Bytes;
            }
            else
            {
                entry.Node = _waiting.AddLast(entry);
            }
        }

        wake();
        if (!cancellationToken.CanBeCanceled)
        {
            await entry.Done;
            return;
        }

        await using (cancellationToken.UnsafeRegister(static (state, token) => ((Action<CancellationToken>)state!)(token), (Action<CancellationToken>)(token => Cancel(entry, token))))
        {
            await entry.Done;
        }
    }

    public void OnConnected()
    {
        lock (_gate)
        {
            _connected = true;
            _sequence = 0;
        }
    }

    /// <summary>The next message to send, moved to the in-flight ones; null when there is none, or the window for QoS 1 is full.</summary>
    public OutgoingMessage? TryTake(int window)
    {
        lock (_gate)
        {
            if (_queued.First?.Value is not { } entry || !_connected)
            {
                return null;
            }

            var oldest = _inFlight.First?.Value.Sequence ?? _sequence;
            if (_sequence - oldest > MaxSpan || (entry.Message.Qos == MqttQos.AtLeastOnce && _inFlightAtLeastOnce >= window))
            {
                return null;
            }

            RemoveQueued(entry);
            entry.Sequence = _sequence++;
            entry.Node = _inFlight.AddLast(entry);
            _inFlightAtLeastOnce += (int)entry.Message.Qos;
            Promote();
            return entry;
        }
    }

    public void Complete(OutgoingMessage entry)
    {
        RemoveInFlight(entry);
        entry.Complete();
    }

    public void Fail(OutgoingMessage entry, Exception reason)
    {
        RemoveInFlight(entry);
        entry.Fail(reason);
    }

    public void OnDisconnected(string reason)
    {
        List<OutgoingMessage> lost = [];
        lock (_gate)
        {
            _connected = false;
            while (_inFlight.Last?.Value is { } entry)
            {
                _inFlight.RemoveLast();
                entry.Node = null;
                if (entry.Message.Qos == MqttQos.AtMostOnce)
                {
                    lost.Add(entry);
                }
                else if (!entry.Done.IsCompleted)
                {
                    entry.Node = _queued.AddFirst(entry);
                    _queuedBytes += entry.Bytes;
                }
            }

            _inFlightAtLeastOnce = 0;
            lost.AddRange(TakeAtMostOnce(_queued));
            lost.AddRange(TakeAtMostOnce(_waiting));
            _queuedBytes = _queued.Sum(entry => (long)entry.Bytes);
            Promote();
        }

        foreach (var entry in lost)
        {
            entry.Fail(new MqttLinkException($"The connection ended before the QoS 0 message for {entry.Message.Topic} was sent: {reason}.", -1));
        }
    }

    /// <summary>Fails everything that waits, and all later calls.</summary>
    public void Close(Func<Exception> reason)
    {
        List<OutgoingMessage> all = [];
        lock (_gate)
        {
            _closed = reason();
            all.AddRange(_inFlight);
            all.AddRange(_queued);
            all.AddRange(_waiting);
            _inFlight.Clear();
            _queued.Clear();
            _waiting.Clear();
            _queuedBytes = 0;
            _inFlightAtLeastOnce = 0;
            all.ForEach(entry => entry.Node = null);
        }

        foreach (var entry in all)
        {
            entry.Fail(reason());
        }
    }

    private static List<OutgoingMessage> TakeAtMostOnce(LinkedList<OutgoingMessage> list)
    {
        List<OutgoingMessage> taken = [.. list.Where(entry => entry.Message.Qos == MqttQos.AtMostOnce)];
        foreach (var entry in taken)
        {
            list.Remove(entry.Node!);
            entry.Node = null;
        }

        return taken;
    }

    private bool HasRoomFor(OutgoingMessage entry) =>
        _queued.Count == 0 || (_queued.Count < maxLength && _queuedBytes + entry.Bytes <= maxBytes);

    private void Promote()
    {
        while (_waiting.First?.Value is { } entry && HasRoomFor(entry))
        {
            _waiting.RemoveFirst();
            entry.Node = _queued.AddLast(entry);
            _queuedBytes += entry.Bytes;
        }
    }

    private void RemoveQueued(OutgoingMessage entry)
    {
        _queued.Remove(entry.Node!);
        _queuedBytes -= entry.Bytes;
        entry.Node = null;
    }

    private void RemoveInFlight(OutgoingMessage entry)
    {
        lock (_gate)
        {
            if (entry.Node?.List == _inFlight)
            {
                _inFlight.Remove(entry.Node!);
                entry.Node = null;
                _inFlightAtLeastOnce -= (int)entry.Message.Qos;
            }
        }
    }

    /// <summary>What is in flight stays there until acknowledged, but is not sent again.</summary>
    private void Cancel(OutgoingMessage entry, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (entry.Node?.List == _queued)
            {
                RemoveQueued(entry);
                Promote();
            }
            else if (entry.Node?.List == _waiting)
            {
                _waiting.Remove(entry.Node!);
                entry.Node = null;
            }
        }

        entry.Cancel(cancellationToken);
    }
}
