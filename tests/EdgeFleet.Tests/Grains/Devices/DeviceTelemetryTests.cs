using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.Grains.Devices;

namespace EdgeFleet.Tests.Grains.Devices;

public sealed class DeviceTelemetryTests
{
    [Fact]
    public void Each_batch_counts_once_however_often_and_in_whatever_order_it_comes()
    {
        var state = new DeviceState();
        var random = new Random(11);
        while (state.TelemetryUpTo < 200)
        {
            DeviceTelemetry.Apply(state, Some.Telemetry("a", random.NextInt64(Math.Max(1, state.TelemetryUpTo - 5), state.TelemetryUpTo + 6)));
        }

        state.Totals.ShouldHaveSingleItem().Inferences.ShouldBe(2000);
        state.Totals[0].Latency.Count.ShouldBe(2000);
    }

    [Fact]
    public void A_batch_after_a_gap_waits_for_the_missing_one()
    {
        var state = new DeviceState();

        DeviceTelemetry.Apply(state, Some.Telemetry("a", 2)).ShouldBeFalse();

        state.TelemetryUpTo.ShouldBe(0);
    }

    [Fact]
    public void Impossible_counts_change_nothing()
    {
        var state = new DeviceState();

        DeviceTelemetry.Apply(state, Some.Telemetry("a", 1, inferences: 5, correct: 6)).ShouldBeFalse();
        DeviceTelemetry.Apply(state, Some.Telemetry("a", 1) with { Inferences = -1 }).ShouldBeFalse();
        DeviceTelemetry.Apply(state, Some.Telemetry("a", 1) with { Latency = new LatencyHistogram(new long[98], 0) }).ShouldBeFalse();

        state.TelemetryUpTo.ShouldBe(0);
    }

    [Fact]
    public void The_variants_kept_are_bounded_and_the_longest_unused_goes_first()
    {
        var state = new DeviceState();
        for (var i = 1; i <= DeviceTelemetry.MaxVariants + 1; i++)
        {
            DeviceTelemetry.Apply(state, Some.Telemetry("a", i, "v" + i));
        }

        state.Totals.Count.ShouldBe(DeviceTelemetry.MaxVariants);
        state.Totals.ShouldNotContain(t => t.Variant == Some.Digest("v1"));
    }
}
