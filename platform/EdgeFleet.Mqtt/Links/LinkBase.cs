using System.Diagnostics;

namespace EdgeFleet.Mqtt.Links;

/// <summary>What every link does alike: queues, subscriptions, state. The derived class owns a pump that connects and carries.</summary>
internal abstract class LinkBase : IMqttLink
{
    private readonly Lock _gate = new();
    private MqttLinkState _state = new(false, false, "not started");
    private TaskCompletionSource? _firstConnect;
    private bool _started;
    private Task? _disposal;

    protected LinkBase(MqttLinkOptions options)
    {
        options.Validate();
        Options = options;
        Outgoing = new OutgoingQueue(options.QueueLength, options.QueueBytes);
        Incoming = new IncomingQueue(options.QueueLength, options.QueueBytes, Wake);
    }

    public event Action<MqttLinkState>? StateChanged;

    public string ClientId => Options.ClientId;

    public MqttLinkState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    internal OutgoingQueue Outgoing { get; }

    internal IncomingQueue Incoming { get; }

    protected MqttLinkOptions Options { get; }

    protected SubscriptionTable Subscriptions { get; } = new();

    /// <summary>True once disposal has begun: the pump ends at its next step.</summary>
    protected bool Stopping { get; private set; }

    public void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposal is not null, this);
            StartLocked();
        }
    }

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Task first;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposal is not null, this);
            if (_state.Connected)
            {
                return;
            }

            _firstConnect ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            first = _firstConnect.Task;
            StartLocked();
        }

        await first.WaitAsync(cancellationToken);
    }

    public async Task SubscribeAsync(string filter, MqttQos qos, CancellationToken cancellationToken)
    {
        MqttTopic.RequireFilter(filter);
        var granted = Subscriptions.Subscribe(filter, qos);
        Wake();
        await granted.WaitAsync(cancellationToken);
    }

    public async Task UnsubscribeAsync(string filter, CancellationToken cancellationToken)
    {
        MqttTopic.RequireFilter(filter);
        var confirmed = Subscriptions.Unsubscribe(filter);
        Wake();
        await confirmed.WaitAsync(cancellationToken);
    }

    public Task PublishAsync(MqttMessage message, CancellationToken cancellationToken)
    {
        MqttTopic.RequirePublishable(message);
        return Outgoing.EnqueueAsync(message, Wake, cancellationToken);
    }

    public IAsyncEnumerable<MqttMessage> ReadAllAsync(CancellationToken cancellationToken) => Incoming.ReadAllAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Task disposal;
        lock (_gate)
        {
            disposal = _disposal ??= DisposeOnceAsync();
        }

        await disposal;
    }

    /// <summary>Makes the pump look at the queues again. Cheap, callable from any thread, also after disposal.</summary>
    protected abstract void Wake();

    /// <summary>Starts the pump; called again only after the pump has ended by <see cref="OnRefused"/>.</summary>
    protected abstract void StartPump();

    /// <summary>Returns when the pump has sent its farewell and released what it held.</summary>
    protected abstract Task StopPumpAsync();

    protected void OnConnected(bool sessionPresent)
    {
        Subscriptions.OnConnected(sessionPresent);
        Outgoing.OnConnected();
        SetState(new MqttLinkState(true, sessionPresent, "connected"));
        TakeFirstConnect()?.TrySetResult();
    }

    protected void OnDisconnected(string reason)
    {
        Subscriptions.OnDisconnected();
        Outgoing.OnDisconnected(reason);
        SetState(new MqttLinkState(false, false, reason));
    }

    /// <summary>A connect that failed; the reason shows in <see cref="State"/>. True ends the pump: a caller waited, and no retry would help.</summary>
    protected bool OnRefused(MqttLinkException reason, bool isFinal)
    {
        TaskCompletionSource? first = null;
        lock (_gate)
        {
            _state = new MqttLinkState(false, false, reason.Message);
            if (isFinal && _firstConnect is not null)
            {
                (first, _firstConnect) = (_firstConnect, null);
                _started = false;
            }
        }

        first?.TrySetException(reason);
        return first is not null;
    }

    /// <summary>A refusal that nobody waits for becomes visible in the state.</summary>
    protected void OnSubscriptionAnswer(SubscriptionCommand command, int reasonCode)
    {
        if (Subscriptions.OnAnswer(command, reasonCode) is { } refusal)
        {
            SetState(State with { Reason = refusal });
        }
    }

    private void StartLocked()
    {
        if (!_started)
        {
            _started = true;
            StartPump();
        }
    }

    private TaskCompletionSource? TakeFirstConnect()
    {
        lock (_gate)
        {
            var first = _firstConnect;
            _firstConnect = null;
            return first;
        }
    }

    private void SetState(MqttLinkState state)
    {
        lock (_gate)
        {
            _state = state;
        }

        try
        {
            StateChanged?.Invoke(state);
        }
        catch (Exception e)
        {
            // A handler's fault must not end the connection that it watches.
            Trace.TraceError($"MQTT link {ClientId}: a StateChanged handler failed: {e}");
        }
    }

    private async Task DisposeOnceAsync()
    {
        Stopping = true;
        var reason = () => new ObjectDisposedException($"MQTT link {ClientId}", "The link was disposed before this was done.");
        Outgoing.Close(reason);
        Subscriptions.Close(reason);
        TakeFirstConnect()?.TrySetException(reason());
        Wake();
        await StopPumpAsync().ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        lock (_gate)
        {
            _state = new MqttLinkState(false, false, "disposed");
        }

        Incoming.Close();
    }
}
