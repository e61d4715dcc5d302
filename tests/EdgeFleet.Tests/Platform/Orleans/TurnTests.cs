using Orleans;
using Orleans.TestingHost;

namespace EdgeFleet.Tests.Platform.Orleans;

public sealed class TurnTests : IAsyncLifetime
{
    private readonly Stage _stage = new();
    private InProcessTestCluster _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_stage.AddTo);

    public async Task DisposeAsync()
    {
        _stage.ReleaseAll();
        await _silo.DisposeAsync();
    }

    [Fact]
    public async Task A_call_waits_while_another_awaits()
    {
        var grain = Grain<TurnGrain>("a");
        var first = grain.Stay("first");
        await _stage.EnteredAsync("first");
        var second = grain.Stay("second");
        await grain.Ping();

        _stage.HasEntered("second").ShouldBeFalse();

        _stage.Release("second");
        _stage.Release("first");
        await Task.WhenAll(first, second);
        _stage.Log.ShouldBe(["first begins", "first ends", "second begins", "second ends"]);
    }

    [Fact]
    public async Task Calls_of_one_caller_arrive_in_order()
    {
        var grain = Grain<TurnGrain>("a");

        var calls = Enumerable.Range(0, 1000).Select(grain.Append).ToArray();
        await Task.WhenAll(calls);

        (await calls[^1]).ShouldBe(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task Turns_of_one_activation_never_run_at_once_even_when_its_calls_interleave()
    {
        var grain = Grain<ReentrantTurnGrain>("a");

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => grain.CountOverlaps(300))));

        (await grain.CountOverlaps(1)).ShouldBe(0);
    }

    [Fact]
    public async Task Code_after_an_await_runs_in_the_grain_again_and_Task_Run_runs_outside() =>
        (await Grain<TurnGrain>("a").WhereDoIRun()).ShouldBe((true, true, true));

    [Fact]
    public async Task Calls_of_a_reentrant_grain_run_while_others_await()
    {
        var grain = Grain<ReentrantTurnGrain>("a");
        var first = grain.Stay("first");
        await _stage.EnteredAsync("first");
        var second = grain.Stay("second");
        await _stage.EnteredAsync("second");

        _stage.Release("second");
        await second;
        first.IsCompleted.ShouldBeFalse();
        _stage.Release("first");
        await first;
    }

    [Fact]
    public async Task An_always_interleaving_method_neither_waits_nor_is_waited_for()
    {
        var grain = Grain<TurnGrain>("a");
        var blocking = grain.Stay("blocking");
        await _stage.EnteredAsync("blocking");
        var aside = grain.StayAside("aside");
        await _stage.EnteredAsync("aside");
        _stage.Release("blocking");
        await blocking;

        _stage.Release("next");
        await grain.Stay("next");

        _stage.Release("aside");
        await aside;
    }

    [Fact]
    public async Task Read_only_methods_run_together_and_a_writing_one_waits_for_all_of_them()
    {
        var grain = Grain<TurnGrain>("a");
        var first = grain.Look("first look");
        var second = grain.Look("second look");
        await _stage.EnteredAsync("second look");
        var write = grain.Stay("write");

        _stage.Release("first look");
        await first;
        await grain.Ping();
        _stage.HasEntered("write").ShouldBeFalse();

        _stage.Release("second look");
        _stage.Release("write");
        await Task.WhenAll(second, write);
    }

    [Fact]
    public async Task A_read_only_method_waits_for_a_writing_one()
    {
        var grain = Grain<TurnGrain>("a");
        var write = grain.Stay("write");
        await _stage.EnteredAsync("write");
        var look = grain.Look("look");
        await grain.Ping();

        _stage.HasEntered("look").ShouldBeFalse();

        _stage.Release("look");
        _stage.Release("write");
        await Task.WhenAll(write, look);
    }

    [Fact]
    public async Task A_one_way_call_returns_before_its_method_ends()
    {
        var grain = Grain<TurnGrain>("a");

        await grain.Shout("shout");

        await _stage.EnteredAsync("shout");
        var waiting = grain.Stay("after");
        await grain.Ping();
        _stage.HasEntered("after").ShouldBeFalse();
        _stage.Release("shout");
        _stage.Release("after");
        await waiting;
    }

    [Fact]
    public async Task A_stateless_worker_has_as_many_activations_as_there_is_work_up_to_its_limit()
    {
        var grain = Grain<WorkerTurnGrain>("a");
        var first = grain.Stay("first");
        var second = grain.Stay("second");
        await _stage.EnteredAsync("first");
        await _stage.EnteredAsync("second");
        var third = grain.Stay("third");
        await grain.Ping();

        _stage.HasEntered("third").ShouldBeFalse();

        _stage.Release("third");
        _stage.Release("first");
        await Task.WhenAll(first, third);
        _stage.Release("second");
        await second;
    }

    private ITurnGrain Grain<TGrain>(string key)
        where TGrain : ITurnGrain => _silo.Client.GetGrain<ITurnGrain>(key, typeof(TGrain).FullName);
}
