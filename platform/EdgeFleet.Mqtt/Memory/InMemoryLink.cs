using System.Threading.Channels;
using EdgeFleet.Mqtt.Links;

namespace EdgeFleet.Mqtt.Memory;

/// <summary>A link to the broker in memory: the same queues, subscriptions and reconnects as the native one, and no network.</summary>
internal sealed class InMemoryLink : LinkBase
{
    private readonly InMemoryMqttBroker _broker;
    private readonly TimeProvider _time;
    private readonly ReconnectDelay _delay;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Task _pump = Task.CompletedTask;
    private bool _hadSession;

    public InMemoryLink(MqttLinkOptions options, InMemoryMqttBroker broker, TimeProvider time, Random random)
        : base(options)
    {
        _broker = broker;
        _time = time;
        _delay = new ReconnectDelay(options.ReconnectMin, options.ReconnectMax, random);
    }

    protected override void Wake() => _wake.Writer.TryWrite(true);

    protected override void StartPump() => _pump = Task.Run(PumpAsync);

    protected override async Task StopPumpAsync()
    {
        await _stop.CancelAsync();
        await _pump;
        _stop.Dispose();
    }

    private async Task PumpAsync()
    {
        while (!Stopping)
        {
            switch (_broker.Connect(Options, Options.CleanStart && !_hadSession, Wake))
            {
                case null:
                    OnRefused(new MqttLinkException("The broker in memory is stopped.", -1), isFinal: false);
                    break;
                case { Connection: { } connection }:
                    await CarryAsync(connection);
                    break;
                case { ReasonCode: var code }:
                    var reason = new MqttLinkException($"The broker in memory refused client {ClientId}: {MqttReasons.Describe(code)}.", code);
                    if (OnRefused(reason, MqttReasons.IsFinal(code)))
                    {
                        return;
                    }

                    break;
            }

            await Task.Delay(_delay.Next(), _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CarryAsync(BrokerConnection connection)
    {
        _hadSession = true;
        OnConnected(connection.SessionPresent);
        var since = _time.GetTimestamp();
        while (!Stopping && connection.EndedBecause is null)
        {
            if (!Step(connection))
            {
                await _wake.Reader.ReadAsync();
            }
        }

        if (_time.GetElapsedTime(since) > Options.ReconnectMax)
        {
            _delay.Reset();
        }

        _broker.Disconnect(connection);
        OnDisconnected(connection.EndedBecause ?? "disposed");
    }

    /// <summary>Moves one thing of each kind; false when there was nothing to move.</summary>
    private bool Step(BrokerConnection connection)
    {
        var moved = false;
        if (Subscriptions.TryTake() is { } command)
        {
            moved = true;
            var answer = command.Qos is { } qos
                ? _broker.Subscribe(connection, command.Filter, qos, command.IsRenewal)
                : _broker.Unsubscribe(connection, command.Filter);
            if (answer is { } code)
            {
                OnSubscriptionAnswer(command, code);
            }
        }

        if (Outgoing.TryTake(Options.ReceiveMaximum) is { } message)
        {
            moved = true;
            switch (_broker.Publish(connection, message.Message))
            {
                case null:
                    break;
                case >= 0x80 and var code when message.Message.Qos == MqttQos.AtLeastOnce:
                    Outgoing.Fail(message, new MqttLinkException(
                        $"The broker in memory refused the message for {message.Message.Topic}: {MqttReasons.Describe(code)}.", code));
                    break;
                default:
                    Outgoing.Complete(message);
                    break;
            }
        }

        if (!Incoming.IsFull() && _broker.Take(connection) is { } incoming)
        {
            moved = true;
            Incoming.Add(incoming);
        }

        return moved;
    }
}
