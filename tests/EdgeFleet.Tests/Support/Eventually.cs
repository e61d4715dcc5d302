using System.Diagnostics;

namespace EdgeFleet.Tests.Support;

/// <summary>Waits for what another process or thread brings about; asks again every 20 ms, and fails with words after a bound.</summary>
internal static class Eventually
{
    public static async Task True(Func<bool> condition, string what, TimeSpan? atMost = null) =>
        await True(() => Task.FromResult(condition()), what, atMost);

    public static async Task True(Func<Task<bool>> condition, string what, TimeSpan? atMost = null)
    {
        var bound = atMost ?? TimeSpan.FromMinutes(1);
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > bound)
            {
                throw new TimeoutException($"Not within {bound.TotalSeconds:0.#} s: {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
