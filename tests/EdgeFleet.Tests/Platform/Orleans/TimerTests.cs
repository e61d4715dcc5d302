using Orleans.Runtime;

namespace EdgeFleet.Tests.Platform.Orleans;

public sealed class TimerTests : LifeTest
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_tick_waits_for_the_running_call()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        var call = Grain.Stay("call");
        await Stage.EnteredAsync("call");

        Time.Advance(Second);
        (await Grain.Ticks()).ShouldBe(0);

        Stage.Release("call");
        await call;
        await Stage.EnteredAsync("tick 1");
    }

    [Fact]
    public async Task A_call_waits_for_the_running_tick()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 1");
        var call = Grain.Stay("call");
        await Grain.Ticks();
        Stage.HasEntered("call").ShouldBeFalse();

        Stage.Release("tick 1");
        await Stage.EnteredAsync("call");
        Stage.Release("call");
        await call;
    }

    [Fact]
    public async Task An_interleaving_tick_runs_while_a_call_awaits()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second) { Interleave = true });
        var call = Grain.Stay("call");
        await Stage.EnteredAsync("call");

        Time.Advance(Second);

        await Stage.EnteredAsync("tick 1");
        Stage.Release("call");
        await call;
    }

    [Fact]
    public async Task The_period_begins_when_a_tick_has_ended()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 1");
        Time.Advance(10 * Second);
        (await Grain.Ticks()).ShouldBe(1);

        Stage.Release("tick 1");
        await Grain.Stop();
        Time.Advance(0.5 * Second);
        await Grain.Stop();
        (await Grain.Ticks()).ShouldBe(1);
        Time.Advance(0.5 * Second);
        await Stage.EnteredAsync("tick 2");
    }

    [Fact]
    public async Task A_timer_without_period_fires_once()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Timeout.InfiniteTimeSpan));
        Stage.Release("tick 1");
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 1");
        await Grain.Stop();

        Time.Advance(60 * Second);
        (await Grain.Ticks()).ShouldBe(1);
    }

    [Fact]
    public async Task A_disposed_timer_fires_no_more_and_its_running_tick_is_cancelled()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second) { Interleave = true });
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 1");

        await Grain.StopTimer();

        Time.Advance(10 * Second);
        (await Grain.Ticks()).ShouldBe(1);
    }

    [Fact]
    public async Task A_timer_can_be_changed()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        await Grain.ChangeTimer(5 * Second, 7 * Second);
        Time.Advance(4 * Second);
        (await Grain.Ticks()).ShouldBe(0);

        Stage.Release("tick 1");
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 1");
        await Grain.Stop();
        Time.Advance(6 * Second);
        (await Grain.Ticks()).ShouldBe(1);
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 2");
    }

    [Fact]
    public async Task A_failing_tick_is_followed_by_the_next()
    {
        Trouble.InTimer = new OddException("no", 1);
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        Time.Advance(Second);
        await Grain.Stop();

        Trouble.InTimer = null;
        Time.Advance(Second);

        await Stage.EnteredAsync("tick 2");
    }

    [Fact]
    public async Task Ticks_do_not_keep_an_activation_from_being_collected_unless_they_are_to()
    {
        for (var i = 1; i < 100; i++)
        {
            Stage.Release($"tick {i}");
        }

        var other = Of<LifeGrain>("b");
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        await other.StartTimer("tick", new GrainTimerCreationOptions(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)) { KeepAlive = true });
        var ended = Context(Grain).Deactivated;
        var kept = Context(other);
        for (var minute = 0; minute < 20; minute++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await kept.Settle();
        }

        await ended.WaitAsync(TimeSpan.FromSeconds(20));
        kept.Deactivated.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_running_tick_does_not_keep_the_silo_from_stopping()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        Time.Advance(Second);
        await Stage.EnteredAsync("tick 1");

        await Silo.StopAllSilosAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Stage.Log.ShouldContain("deactivated: ShuttingDown");
    }

    [Fact]
    public async Task Timers_end_with_their_activation()
    {
        await Grain.StartTimer("tick", new GrainTimerCreationOptions(Second, Second));
        await Silo.DeactivateAsync(Grain);

        Time.Advance(10 * Second);

        (await Grain.Ticks()).ShouldBe(0);
        Stage.HasEntered("tick 1").ShouldBeFalse();
    }
}

internal static class Turns
{
    /// <summary>A call that waits for its turn: when it returns, the calls and ticks before it have ended.</summary>
    public static async Task Stop(this ILifeGrain grain) => await grain.Activation();

    /// <summary>The same without counting as use: a turn that waits behind the present ones.</summary>
    public static async Task Settle(this IGrainContext context)
    {
        for (var i = 0; i < 5; i++)
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            context.Scheduler.QueueAction(() => turn.SetResult());
            await turn.Task;
        }
    }
}
