namespace EdgeFleet.Mqtt.Memory;

/// <summary>What the broker keeps for one client id; guarded by the broker.</summary>
internal sealed class BrokerSession(string clientId)
{
    private readonly LinkedList<Delivery> _queue = new();
    private readonly List<Delivery> _unacknowledged = [];
    private Delivery? _heldBack;

    public string ClientId { get; } = clientId;

    public Dictionary<string, MqttQos> Subscriptions { get; } = [];

    public BrokerConnection? Connection { get; set; }

    public TimeSpan Expiry { get; set; }

    /// <summary>When it is forgotten; null while connected.</summary>
    public DateTimeOffset? EndsAt { get; set; }

    /// <summary>False when the queue is full: the message is dropped, as a broker does.</summary>
    public bool Enqueue(Delivery delivery, int maxQueued)
    {
        if (_queue.Count >= maxQueued)
        {
            return false;
        }

        _queue.AddLast(delivery);
        if (_heldBack is { } late)
        {
            _heldBack = null;
            _queue.AddLast(late);
        }

        Connection?.Wake();
        return true;
    }

    /// <summary>Kept until another message has passed it.</summary>
    public void HoldBack(Delivery delivery)
    {
        if (_heldBack is { } earlier)
        {
            _queue.AddLast(earlier);
            Connection?.Wake();
        }

        _heldBack = delivery;
    }

    public Delivery? Take(DateTimeOffset now)
    {
        while (_queue.First is { } first)
        {
            _queue.RemoveFirst();
            if (first.Value.ExpiresAt is not { } end || end > now)
            {
                if (first.Value is { LoseAcknowledgement: true, Message.Qos: MqttQos.AtLeastOnce })
                {
                    _unacknowledged.Add(first.Value with { LoseAcknowledgement = false });
                }

                return first.Value;
            }
        }

        return null;
    }

    /// <summary>After a disconnect: what was not acknowledged goes out again, first; QoS 0 messages do not wait for anyone.</summary>
    public void OnDisconnected()
    {
        for (var node = _queue.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Message.Qos == MqttQos.AtMostOnce)
            {
                _queue.Remove(node);
            }

            node = next;
        }

        for (var i = _unacknowledged.Count - 1; i >= 0; i--)
        {
            _queue.AddFirst(_unacknowledged[i]);
        }

        _unacknowledged.Clear();
        Connection = null;
    }
}
