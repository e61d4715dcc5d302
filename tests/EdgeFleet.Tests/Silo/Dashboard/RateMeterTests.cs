using EdgeFleet.Silo.Dashboard;

namespace EdgeFleet.Tests.Silo.Dashboard;

public sealed class RateMeterTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_rate_is_that_of_the_last_ten_seconds()
    {
        var meter = new RateMeter();
        for (var second = 0; second <= 20; second++)
        {
            meter.Add(Start.AddSeconds(second), second <= 10 ? 0 : 100 * (second - 10));
        }

        meter.PerSecond.ShouldBe(100);
    }

    [Fact]
    public void One_look_gives_no_rate() => Rate((0, 5)).ShouldBeNull();

    [Fact]
    public void Two_looks_within_a_second_give_none_either() => Rate((0, 5), (0.5, 500)).ShouldBeNull();

    [Fact]
    public void A_count_that_falls_starts_anew() => Rate((0, 1000), (5, 10), (7, 30)).ShouldBe(10);

    private static double? Rate(params (double Second, long Count)[] looks)
    {
        var meter = new RateMeter();
        foreach (var (second, count) in looks)
        {
            meter.Add(Start.AddSeconds(second), count);
        }

        return meter.PerSecond;
    }
}
