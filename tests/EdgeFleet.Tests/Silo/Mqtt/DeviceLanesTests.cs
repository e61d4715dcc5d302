using System.Collections.Concurrent;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Mqtt;

namespace EdgeFleet.Tests.Silo.Mqtt;

public sealed class DeviceLanesTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Each_devices_messages_stay_in_order()
    {
        var seen = new ConcurrentDictionary<DeviceId, List<int>>();
        await using (var lanes = new DeviceLanes<(DeviceId Device, int Number)>(8, 16, async item =>
        {
            await Task.Yield();
            seen.GetOrAdd(item.Device, _ => []).Add(item.Number);
        }))
        {
            for (var i = 0; i < 200; i++)
            {
                foreach (var device in Enumerable.Range(0, 20).Select(d => new DeviceId($"cam-{d}")))
                {
                    await lanes.EnqueueAsync(device, (device, i), CancellationToken.None);
                }
            }
        }

        seen.Count.ShouldBe(20);
        seen.Values.ShouldAllBe(numbers => numbers.SequenceEqual(Enumerable.Range(0, 200)));
    }

    [Fact]
    public async Task A_device_that_takes_long_holds_back_the_sender_when_its_lane_is_full()
    {
        var gate = new TaskCompletionSource();
        await using var lanes = new DeviceLanes<int>(1, 2, _ => gate.Task);
        var device = new DeviceId("cam-1");
        var sent = Enumerable.Range(0, 4).Select(i => lanes.EnqueueAsync(device, i, CancellationToken.None).AsTask()).ToList();

        // One in work, two waiting, the fourth held back.
        await Task.WhenAll(sent.Take(3)).WaitAsync(Bound);
        sent[3].IsCompleted.ShouldBeFalse();

        gate.SetResult();
        await sent[3].WaitAsync(Bound);
    }
}
