namespace EdgeFleet.Tests.Support;

public sealed class ManualTimeProviderTests
{
    [Fact]
    public async Task A_delay_ends_exactly_when_its_time_has_come()
    {
        var time = new ManualTimeProvider();
        var delay = Task.Delay(TimeSpan.FromSeconds(5), time, CancellationToken.None);

        time.Advance(TimeSpan.FromSeconds(4.999));
        delay.IsCompleted.ShouldBeFalse();

        time.Advance(TimeSpan.FromSeconds(0.001));
        await delay.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_periodic_timer_fires_once_per_period_even_in_one_leap()
    {
        var time = new ManualTimeProvider();
        var seen = new List<DateTimeOffset>();
        var start = time.GetUtcNow();
        using var timer = time.CreateTimer(_ => seen.Add(time.GetUtcNow()), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        time.Advance(TimeSpan.FromSeconds(6));

        seen.ShouldBe([start.AddSeconds(1), start.AddSeconds(3), start.AddSeconds(5)]);
    }
}
