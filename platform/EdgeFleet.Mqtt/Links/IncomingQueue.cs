using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace EdgeFleet.Mqtt.Links;

/// <summary>Messages for the reader. The connection asks <see cref="IsFull"/> before it reads on, and is woken when there is room again.</summary>
internal sealed class IncomingQueue(int maxLength, long maxBytes, Action roomAgain)
{
    private readonly Channel<MqttMessage> _channel = Channel.CreateUnbounded<MqttMessage>(new UnboundedChannelOptions { SingleWriter = true });
    private int _count;
    private long _bytes;
    private int _blocked;

    /// <summary>Messages that wait for the reader.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>True asks for a wake-up; whoever asked must ask again after it.</summary>
    public bool IsFull()
    {
        if (!IsAtBound())
        {
            return false;
        }

        Volatile.Write(ref _blocked, 1);
        Interlocked.MemoryBarrier();
        return IsAtBound();
    }

    public void Add(MqttMessage message)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _bytes, message.Payload.Length);
        _channel.Writer.TryWrite(message);
    }

    public void Close() => _channel.Writer.TryComplete();

    public async IAsyncEnumerable<MqttMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var message in _channel.Reader.ReadAllAsync(cancellationToken))
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Add(ref _bytes, -message.Payload.Length);
            if (Volatile.Read(ref _blocked) == 1 && HasDrained() && Interlocked.Exchange(ref _blocked, 0) == 1)
            {
                roomAgain();
            }

            yield return message;
        }
    }

    private bool IsAtBound() => Volatile.Read(ref _count) >= maxLength || Interlocked.Read(ref _bytes) >= maxBytes;

    /// <summary>Half empty, so that the connection is not woken for every single message.</summary>
    private bool HasDrained() => Volatile.Read(ref _count) <= maxLength / 2 && Interlocked.Read(ref _bytes) <= maxBytes / 2;
}
