using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Tests.Platform.Orleans;

public sealed class LifeTests : LifeTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Calls_wait_until_the_activation_is_complete()
    {
        Trouble.SlowActivation = true;
        var first = Grain.Activation();
        var second = Grain.Ticks();
        await Stage.EnteredAsync("activating");
        first.IsCompleted.ShouldBeFalse();
        second.IsCompleted.ShouldBeFalse();

        Stage.Release("activating");

        await first;
        await second;
        Stage.Log.Count(l => l == "activated").ShouldBe(1);
    }

    [Fact]
    public async Task When_activation_fails_the_callers_get_its_exception_and_a_later_call_tries_again()
    {
        Trouble.SlowActivation = true;
        Trouble.InActivation = new OddException("no", 5);
        var calls = new[] { Grain.Activation(), Grain.Activation() };
        await Stage.EnteredAsync("activating");
        Stage.Release("activating");
        foreach (var call in calls)
        {
            (await Should.ThrowAsync<OddException>(call)).Code.ShouldBe(5);
        }

        Trouble.InActivation = null;
        await Grain.Activation();
        Stage.Log.ShouldNotContain(l => l.StartsWith("deactivated"));
    }

    [Fact]
    public async Task When_the_constructor_fails_the_caller_gets_its_exception_and_a_later_call_tries_again()
    {
        Trouble.InConstructor = new OddException("no", 6);
        (await Should.ThrowAsync<OddException>(Grain.Activation())).Code.ShouldBe(6);

        Trouble.InConstructor = null;
        await Grain.Activation();
    }

    [Fact]
    public async Task An_activation_that_takes_too_long_is_told_so()
    {
        Trouble.SlowActivation = true;
        var call = Grain.Activation();
        await Stage.EnteredAsync("activating");

        Time.Advance(TimeSpan.FromSeconds(30));

        await Should.ThrowAsync<OperationCanceledException>(call.WaitAsync(Patience));
    }

    [Fact]
    public async Task Deactivating_lets_the_running_call_end_and_gives_waiting_ones_to_the_next_activation()
    {
        var before = await Grain.Activation();
        var last = Grain.StayThenEnd("last");
        await Stage.EnteredAsync("last");
        var waiting = Grain.Activation();

        Stage.Release("last");

        await last;
        (await waiting).ShouldNotBe(before);
        Stage.Log.ShouldBe(
        [
            "activated", "last begins", "last ends", "deactivated: ApplicationRequested", "disposed", "belonging disposed", "activated",
        ]);
    }

    [Fact]
    public async Task A_failing_deactivation_does_not_keep_the_grain_from_being_activated_again()
    {
        Trouble.InDeactivation = new OddException("no", 7);
        var before = await Grain.Activation();

        await Grain.End();

        (await Grain.Activation()).ShouldNotBe(before);
    }

    [Fact]
    public async Task A_thousand_calls_across_deactivations_all_get_their_answer()
    {
        var calls = Enumerable.Range(0, 1000).Select(i => i % 50 == 0 ? Grain.End() : Grain.Activation()).ToArray();
        await Task.WhenAll(calls).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_grain_that_ends_itself_whenever_it_is_activated_does_not_turn_in_circles_for_ever()
    {
        Trouble.EndAtOnce = true;
        (await Should.ThrowAsync<OrleansMessageRejectionException>(Grain.Activation().WaitAsync(Patience))).Message.ShouldContain("ILifeGrain.Activation");
    }

    [Fact]
    public async Task An_activation_that_nobody_calls_is_collected()
    {
        await Grain.Activation();
        var ended = Context(Grain).Deactivated;

        Time.Advance(TimeSpan.FromMinutes(14));
        IsActive(Grain).ShouldBeTrue();
        Time.Advance(TimeSpan.FromMinutes(2));

        await ended.WaitAsync(Patience);
        Stage.Log.ShouldContain("deactivated: ActivationIdle");
    }

    [Fact]
    public async Task A_call_keeps_an_activation()
    {
        var before = await Grain.Activation();
        for (var i = 0; i < 3; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(10));
            (await Grain.Activation()).ShouldBe(before);
        }
    }

    [Fact]
    public async Task A_running_call_keeps_an_activation()
    {
        var staying = Grain.Stay("long");
        await Stage.EnteredAsync("long");

        Time.Advance(TimeSpan.FromHours(1));

        await Grain.Ticks();
        Stage.Release("long");
        await Should.ThrowAsync<TimeoutException>(staying);
        Stage.Log.Count(l => l == "activated").ShouldBe(1);
    }

    [Fact]
    public async Task Classes_may_have_an_age_of_their_own_or_none()
    {
        var brief = Of<BriefGrain>("a");
        var eternal = Of<EternalGrain>("a");
        await brief.Activation();
        var before = await eternal.Activation();
        var ended = Context(brief).Deactivated;

        Time.Advance(TimeSpan.FromMinutes(5));
        await ended.WaitAsync(Patience);

        Time.Advance(TimeSpan.FromHours(2));
        (await eternal.Activation()).ShouldBe(before);
    }

    [Fact]
    public async Task A_grain_may_put_its_collection_off()
    {
        var before = await Grain.Activation();
        await Grain.Keep(TimeSpan.FromHours(1));

        Time.Advance(TimeSpan.FromMinutes(50));
        await Grain.Ticks();
        (await Grain.Activation()).ShouldBe(before);

        var ended = Context(Grain).Deactivated;
        Time.Advance(TimeSpan.FromMinutes(30));
        await ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task Stopping_drains_what_is_under_way_and_then_ends_every_activation()
    {
        var running = Grain.Stay("running");
        await Stage.EnteredAsync("running");
        var waiting = Grain.Activation();
        var reference = Grain;

        var stopping = Silo.Silos[0].SiloHost.StopAsync();
        await Should.ThrowAsync<SiloUnavailableException>(Later(reference));
        stopping.IsCompleted.ShouldBeFalse();
        Stage.Release("running");

        await Task.WhenAll(running, waiting, stopping).WaitAsync(Patience);
        Stage.Log.ShouldBe(["activated", "running begins", "deactivated: ShuttingDown", "disposed", "belonging disposed"]);
    }

    [Fact]
    public async Task A_killed_silo_asks_no_grain_and_fails_its_callers()
    {
        var running = Grain.Stay("running");
        await Stage.EnteredAsync("running");

        await Silo.KillSiloAsync(Silo.Silos[0]);

        await Should.ThrowAsync<SiloUnavailableException>(running);
        Stage.Log.ShouldNotContain(l => l.StartsWith("deactivated"));
    }

    /// <summary>The stop begins on another thread: calls are let in until then.</summary>
    private static async Task Later(ILifeGrain grain)
    {
        while (true)
        {
            await grain.Ticks();
        }
    }
}
