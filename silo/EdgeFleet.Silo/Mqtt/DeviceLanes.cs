using System.Threading.Channels;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Keeps each device's messages in order and lets different devices go side by side, within a bound.</summary>
/// <remarks>A device always has the same lane; a full lane holds the sender back, and with it the broker.</remarks>
internal sealed class DeviceLanes<T> : IAsyncDisposable
{
    private readonly Channel<T>[] _lanes;
    private readonly Task[] _workers;

    /// <param name="lanes">How many devices are served at once; 1 to 1024.</param>
    /// <param name="capacity">Messages that wait per lane.</param>
    /// <param name="handle">Must not throw.</param>
    public DeviceLanes(int lanes, int capacity, Func<T, Task> handle)
    {
        _lanes = [.. Enumerable.Range(0, lanes).Select(_ => Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true }))];
        _workers = [.. _lanes.Select(lane => Task.Run(async () =>
        {
            await foreach (var item in lane.Reader.ReadAllAsync())
            {
                await handle(item);
            }
        }))];
    }

    public ValueTask EnqueueAsync(DeviceId device, T item, CancellationToken cancellationToken) =>
        _lanes[(uint)device.GetHashCode() % (uint)_lanes.Length].Writer.WriteAsync(item, cancellationToken);

    /// <summary>Takes no more and returns when everything taken is handled.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            lane.Writer.TryComplete();
        }

        await Task.WhenAll(_workers);
    }
}
