namespace EdgeFleet.Mqtt.Links;

/// <summary>Which filters are wanted, which of them the broker has granted, and what is to be sent next.</summary>
internal sealed class SubscriptionTable
{
    /// <summary>Filters of one link; more are a fault of the caller.</summary>
    public const int MaxFilters = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _wanted = [];
    private readonly Dictionary<string, SubscriptionCommand> _leaving = [];
    private readonly Queue<SubscriptionCommand> _toSend = new();
    private bool _connected;
    private Exception? _closed;

    /// <summary>Done at the broker's answer; completed already while not connected.</summary>
    public Task Subscribe(string filter, MqttQos qos)
    {
        SubscriptionCommand command;
        lock (_gate)
        {
            ThrowIfClosed();
            command = new SubscriptionCommand(filter, qos, awaited: _connected);
            if (_wanted.Count >= MaxFilters && !_wanted.ContainsKey(filter))
            {
                throw new MqttLinkException($"More than {MaxFilters} subscriptions on one link; '{filter}' was not added.", MqttReasons.QuotaExceeded);
            }

            _leaving.Remove(filter);
            _wanted[filter] = new Entry(command);
            if (!_connected)
            {
                return Task.CompletedTask;
            }

            _toSend.Enqueue(command);
        }

        return command.Done.Task;
    }

    public Task Unsubscribe(string filter)
    {
        SubscriptionCommand command;
        lock (_gate)
        {
            ThrowIfClosed();
            command = new SubscriptionCommand(filter, null, awaited: _connected);
            if (!_wanted.Remove(filter, out var entry))
            {
                return Task.CompletedTask;
            }

            entry.Command.Done.TrySetResult();
            _leaving[filter] = command;
            if (!_connected)
            {
                return Task.CompletedTask;
            }

            _toSend.Enqueue(command);
        }

        return command.Done.Task;
    }

    /// <summary>
    /// Lays out what this connection must send: every filter, even when the broker says that it has kept the session.
    /// (Mosquitto 2.0 keeps sessions over a restart, but not their shared subscriptions.) Those asked for again bring no retained messages.
    /// </summary>
    public void OnConnected(bool sessionPresent)
    {
        lock (_gate)
        {
            _connected = true;
            _toSend.Clear();
            if (!sessionPresent)
            {
                _leaving.Clear();
            }

            foreach (var command in _leaving.Values)
            {
                _toSend.Enqueue(command);
            }

            foreach (var entry in _wanted.Values)
            {
                entry.Command.IsRenewal = sessionPresent && entry.Granted;
                _toSend.Enqueue(entry.Command);
            }
        }
    }

    /// <summary>Whoever waits for an answer goes on waiting, for the next connection's.</summary>
    public void OnDisconnected()
    {
        lock (_gate)
        {
            _connected = false;
            foreach (var command in _leaving.Values)
            {
                command.Done.TrySetResult();
            }
        }
    }

    public SubscriptionCommand? TryTake()
    {
        lock (_gate)
        {
            while (_toSend.TryDequeue(out var command))
            {
                if (IsCurrent(command))
                {
                    return command;
                }

                command.Done.TrySetResult();
            }

            return null;
        }
    }

    /// <summary>Takes in the broker's answer; returns a line about a refusal that nobody waits for, else null.</summary>
    public string? OnAnswer(SubscriptionCommand command, int reasonCode)
    {
        if (reasonCode < 0x80)
        {
            lock (_gate)
            {
                if (command.Qos is null)
                {
                    _leaving.Remove(command.Filter);
                }
                else if (IsCurrent(command))
                {
                    _wanted[command.Filter].Granted = true;
                }
            }

            command.Done.TrySetResult();
            return null;
        }

        var verb = command.Qos is null ? "unsubscribe from" : "subscribe to";
        var text = $"The broker refused to {verb} '{command.Filter}': {MqttReasons.Describe(reasonCode)}.";
        lock (_gate)
        {
            if (IsCurrent(command))
            {
                _wanted.Remove(command.Filter);
            }

            _leaving.Remove(command.Filter);
        }

        var heard = command.Done.TrySetException(new MqttLinkException(text, reasonCode)) && command.Awaited;
        _ = command.Done.Task.Exception;
        return heard ? null : text;
    }

    public void Close(Func<Exception> reason)
    {
        List<SubscriptionCommand> waiting = [];
        lock (_gate)
        {
            _closed = reason();
            waiting.AddRange(_wanted.Values.Select(entry => entry.Command));
            waiting.AddRange(_leaving.Values);
            _wanted.Clear();
            _leaving.Clear();
            _toSend.Clear();
        }

        foreach (var command in waiting)
        {
            command.Done.TrySetException(reason());
            _ = command.Done.Task.Exception;
        }
    }

    private bool IsCurrent(SubscriptionCommand command) => command.Qos is null
        ? _leaving.GetValueOrDefault(command.Filter) == command
        : _wanted.TryGetValue(command.Filter, out var entry) && ReferenceEquals(entry.Command, command);

    private void ThrowIfClosed()
    {
        if (_closed is not null)
        {
            throw _closed;
        }
    }

    private sealed class Entry(SubscriptionCommand command)
    {
        public SubscriptionCommand Command { get; } = command;

        public bool Granted { get; set; }
    }
}
