namespace EdgeFleet.Mqtt.Memory;

/// <summary>
/// An MQTT 5 broker inside the process, for tests: retained messages, wills, wildcards, shared subscriptions, sessions and messages that
/// expire by the given time, QoS 1 redelivery, and faults on demand. Overlapping subscriptions deliver once each, as Mosquitto does.
/// </summary>
/// <param name="time">Expiries and delays run on it.</param>
/// <param name="random">Spreads reconnects; null takes the shared source.</param>
public sealed class InMemoryMqttBroker(TimeProvider time, Random? random = null) : IMqttLinkFactory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, BrokerSession> _sessions = [];
    private readonly Dictionary<string, Delivery> _retained = [];
    private readonly Dictionary<string, int> _shareTurns = [];
    private bool _running = true;
    private long _dropped;

    /// <summary>Messages that may wait in one session; more are dropped. Default 100,000.</summary>
    public int MaxQueuedMessages { get; init; } = 100_000;

    /// <summary>Asked for each delivery with the receiving client's id; null delivers.</summary>
    public Func<string, MqttMessage, MqttFault?>? Fault { get; set; }

    /// <summary>
    /// Asked for each publish with the sender's id; true cuts the connection after the broker took the message and before it acknowledged:
    /// the sender sends a QoS 1 message again.
    /// </summary>
    public Func<string, MqttMessage, bool>? CutBeforeAcknowledgement { get; set; }

    /// <summary>Asked with client id, topic or filter, and whether it is a publish; false refuses with "not authorized". Null allows all.</summary>
    public Func<string, string, bool, bool>? Authorize { get; set; }

    /// <summary>Asked with each connect; a reason code of 128 and above refuses it. Null lets all in.</summary>
    public Func<MqttLinkOptions, int>? Admit { get; set; }

    /// <summary>Messages that did not fit into a session's queue.</summary>
    public long DroppedMessages => Interlocked.Read(ref _dropped);

    /// <summary>Ids of the clients connected now, sorted.</summary>
    public IReadOnlyList<string> ConnectedClients
    {
        get
        {
            lock (_gate)
            {
                return [.. _sessions.Values.Where(s => s.Connection is not null).Select(s => s.ClientId).Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Topics that hold a retained message now, sorted.</summary>
    public IReadOnlyList<string> RetainedTopics
    {
        get
        {
            lock (_gate)
            {
                var now = time.GetUtcNow();
                return [.. _retained.Where(r => r.Value.ExpiresAt is not { } end || end > now).Select(r => r.Key).Order(StringComparer.Ordinal)];
            }
        }
    }

    public IMqttLink Create(MqttLinkOptions options) => new InMemoryLink(options, this, time, random ?? Random.Shared);

    /// <summary>The broker goes away without wills; sessions and retained messages stay for <see cref="Start"/>.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _running = false;
            foreach (var session in _sessions.Values.ToArray())
            {
                Close(session, "the broker stopped", publishWill: false);
            }
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            _running = true;
        }
    }

    /// <summary>Cuts every connection; wills are published.</summary>
    public void DisconnectEveryone()
    {
        lock (_gate)
        {
            foreach (var session in _sessions.Values.ToArray())
            {
                Close(session, "the connection was cut", publishWill: true);
            }
        }
    }

    /// <summary>Cuts one client off as if it had died; its will is published. False when it is not connected.</summary>
    public bool Kill(string clientId)
    {
        lock (_gate)
        {
            var connected = _sessions.TryGetValue(clientId, out var session) && session.Connection is not null;
            if (connected)
            {
                Close(session!, "the connection was cut", publishWill: true);
            }

            return connected;
        }
    }

    /// <summary>Null when the broker is not running; else the connection, or the reason code of a refusal.</summary>
    internal (BrokerConnection? Connection, int ReasonCode)? Connect(MqttLinkOptions options, bool cleanStart, Action wake)
    {
        var code = Admit?.Invoke(options) ?? 0;
        lock (_gate)
        {
            if (!_running)
            {
                return null;
            }

            if (code >= 0x80)
            {
                return (null, code);
            }

            var now = time.GetUtcNow();
            if (_sessions.TryGetValue(options.ClientId, out var session))
            {
                // As Mosquitto does: whoever takes a connection over has not died.
                Close(session, MqttReasons.Describe(MqttReasons.SessionTakenOver), publishWill: false);
                if (cleanStart || session.EndsAt <= now)
                {
                    _sessions.Remove(options.ClientId);
                }
            }

            var present = _sessions.TryGetValue(options.ClientId, out session);
            if (session is null)
            {
                session = new BrokerSession(options.ClientId);
                _sessions[options.ClientId] = session;
            }

            session.Expiry = options.SessionExpiry;
            session.EndsAt = null;
            session.Connection = new BrokerConnection(session, options.Will, present, wake);
            return (session.Connection, 0);
        }
    }

    /// <summary>The client says farewell: no will.</summary>
    internal void Disconnect(BrokerConnection connection)
    {
        lock (_gate)
        {
            if (connection.Session.Connection == connection)
            {
                Close(connection.Session, "disconnected", publishWill: false);
            }
        }
    }

    /// <summary>The reason code of the acknowledgement; null when the connection ended before it.</summary>
    internal int? Publish(BrokerConnection connection, MqttMessage message)
    {
        var id = connection.Session.ClientId;
        if (Authorize?.Invoke(id, message.Topic, true) == false)
        {
            return MqttReasons.NotAuthorized;
        }

        lock (_gate)
        {
            if (connection.EndedBecause is not null)
            {
                return null;
            }

            Distribute(message with { Payload = message.Payload.ToArray() });
            if (CutBeforeAcknowledgement?.Invoke(id, message) == true)
            {
                Close(connection.Session, "the connection was cut", publishWill: true);
                return null;
            }

            return 0;
        }
    }

    internal int? Subscribe(BrokerConnection connection, string filter, MqttQos qos, bool isRenewal)
    {
        var session = connection.Session;
        if (Authorize?.Invoke(session.ClientId, filter, false) == false)
        {
            return MqttReasons.NotAuthorized;
        }

        lock (_gate)
        {
            if (connection.EndedBecause is not null)
            {
                return null;
            }

            var known = session.Subscriptions.ContainsKey(filter);
            session.Subscriptions[filter] = qos;
            if (MqttTopic.SplitShare(filter).Group is null && !(known && isRenewal))
            {
                foreach (var (topic, delivery) in _retained.OrderBy(r => r.Key, StringComparer.Ordinal).ToArray())
                {
                    if (MqttTopic.Matches(filter, topic))
                    {
                        Deliver(session, delivery with { Message = delivery.Message with { Qos = Lower(delivery.Message.Qos, qos) } });
                    }
                }
            }

            return (int)qos;
        }
    }

    internal int? Unsubscribe(BrokerConnection connection, string filter)
    {
        lock (_gate)
        {
            if (connection.EndedBecause is not null)
            {
                return null;
            }

            connection.Session.Subscriptions.Remove(filter);
            return 0;
        }
    }

    /// <summary>The next message for this client; null when none waits or the connection has ended.</summary>
    internal MqttMessage? Take(BrokerConnection connection)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            return connection.EndedBecause is null ? connection.Session.Take(now)?.At(now) : null;
        }
    }

    private static MqttQos Lower(MqttQos a, MqttQos b) => a < b ? a : b;

    private void Distribute(MqttMessage message)
    {
        var now = time.GetUtcNow();
        var expiresAt = now + message.Expiry;
        if (message.Retain)
        {
            if (message.Payload.Length == 0)
            {
                _retained.Remove(message.Topic);
            }
            else
            {
                _retained[message.Topic] = new Delivery(message, expiresAt);
            }
        }

        var live = message with { Retain = false };
        var shared = new SortedDictionary<string, List<(BrokerSession Session, MqttQos Qos)>>(StringComparer.Ordinal);
        foreach (var session in _sessions.Values.ToArray())
        {
            if (session.EndsAt <= now)
            {
                _sessions.Remove(session.ClientId);
                continue;
            }

            foreach (var (filter, qos) in session.Subscriptions.Where(s => MqttTopic.Matches(s.Key, message.Topic)))
            {
                if (MqttTopic.SplitShare(filter).Group is null)
                {
                    Deliver(session, new Delivery(live with { Qos = Lower(live.Qos, qos) }, expiresAt));
                }
                else
                {
                    (shared.TryGetValue(filter, out var members) ? members : shared[filter] = []).Add((session, qos));
                }
            }
        }

        foreach (var (filter, members) in shared)
        {
            // In turn among those that are there; when nobody is, it waits for one that will be back.
            var present = members.Where(m => m.Session.Connection is not null).ToArray();
            var candidates = present.Length > 0 ? present : [.. members];
            var turn = _shareTurns.GetValueOrDefault(filter);
            _shareTurns[filter] = turn + 1;
            var (session, qos) = candidates[turn % candidates.Length];
            Deliver(session, new Delivery(live with { Qos = Lower(live.Qos, qos) }, expiresAt));
        }
    }

    private void Deliver(BrokerSession session, Delivery delivery)
    {
        switch (Fault?.Invoke(session.ClientId, delivery.Message))
        {
            case MqttFault.Drop:
                break;
            case MqttFault.Duplicate:
                Enqueue(session, delivery);
                Enqueue(session, delivery);
                break;
            case MqttFault.Delay(var by):
                DeliverLater(session, delivery, by);
                break;
            case MqttFault.Reorder:
                session.HoldBack(delivery);
                break;
            case MqttFault.LoseAcknowledgement:
                Enqueue(session, delivery with { LoseAcknowledgement = true });
                break;
            default:
                Enqueue(session, delivery);
                break;
        }
    }

    private void Enqueue(BrokerSession session, Delivery delivery)
    {
        if (session.Connection is null && delivery.Message.Qos == MqttQos.AtMostOnce)
        {
            return;
        }

        if (!session.Enqueue(delivery, MaxQueuedMessages))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private void DeliverLater(BrokerSession session, Delivery delivery, TimeSpan by)
    {
        ITimer? timer = null;
        timer = time.CreateTimer(
            _ =>
            {
                lock (_gate)
                {
                    Enqueue(session, delivery);
                    timer?.Dispose();
                }
            },
            null,
            by,
            Timeout.InfiniteTimeSpan);
    }

    private void Close(BrokerSession session, string reason, bool publishWill)
    {
        if (session.Connection is not { } connection)
        {
            return;
        }

        session.OnDisconnected();
        connection.End(reason);
        session.EndsAt = time.GetUtcNow() + session.Expiry;
        if (session.Expiry == TimeSpan.Zero)
        {
            _sessions.Remove(session.ClientId);
        }

        if (publishWill && connection.Will is { } will && Authorize?.Invoke(session.ClientId, will.Topic, true) != false)
        {
            Distribute(will);
        }
    }
}
