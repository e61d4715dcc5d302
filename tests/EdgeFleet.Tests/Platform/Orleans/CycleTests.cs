using EdgeFleet.Tests.Support;
using Orleans;
using Orleans.TestingHost;

namespace EdgeFleet.Tests.Platform.Orleans;

public sealed class CycleTests : IAsyncLifetime
{
    private readonly Stage _stage = new();
    private readonly ManualTimeProvider _time = new();
    private InProcessTestCluster _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_stage.AddTo, _time);

    public async Task DisposeAsync()
    {
        _stage.ReleaseAll();
        await _silo.DisposeAsync();
    }

    [Fact]
    public async Task A_cycle_of_calls_ends_with_a_timeout_and_both_grains_go_on()
    {
        var cycle = Grain("a").CallBack("b", allowReentry: false);
        await Reached("b");

        _time.Advance(TimeSpan.FromSeconds(29));
        await Grain("a").Ping();
        cycle.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(3));
        var timeout = await Should.ThrowAsync<TimeoutException>(cycle.WaitAsync(TimeSpan.FromSeconds(10)));
        timeout.Message.ShouldContain("ITurnGrain.");
        (await Grain("a").Append(7)).ShouldBe([7]);
        await Grain("b").Append(1);
    }

    [Fact]
    public async Task A_grain_that_calls_itself_gets_a_timeout()
    {
        var call = Grain("a").CallSelf();
        await Grain("a").Ping();
        await Grain("a").Ping();

        _time.Advance(TimeSpan.FromSeconds(32));

        await Should.ThrowAsync<TimeoutException>(call.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_chain_may_come_back_where_the_grain_allows_it() =>
        await Grain("a").CallBack("b", allowReentry: true).WaitAsync(TimeSpan.FromSeconds(10));

    [Fact]
    public async Task A_chain_may_come_back_to_a_reentrant_grain() =>
        await _silo.Client.GetGrain<ITurnGrain>("a", typeof(ReentrantTurnGrain).FullName).CallBack("b", allowReentry: false).WaitAsync(TimeSpan.FromSeconds(10));

    [Fact]
    public async Task A_call_that_timed_out_while_it_waited_never_begins()
    {
        var blocking = Grain("a").Stay("blocking");
        await _stage.EnteredAsync("blocking");
        var waiting = Grain("a").Stay("waiting");
        await Grain("a").Ping();

        _time.Advance(TimeSpan.FromSeconds(32));

        await Should.ThrowAsync<TimeoutException>(waiting.WaitAsync(TimeSpan.FromSeconds(10)));
        await Should.ThrowAsync<TimeoutException>(blocking.WaitAsync(TimeSpan.FromSeconds(10)));
        _stage.Release("blocking");
        await Grain("a").Append(1);
        _stage.HasEntered("waiting").ShouldBeFalse();
    }

    private ITurnGrain Grain(string key) => _silo.Client.GetGrain<ITurnGrain>(key, typeof(TurnGrain).FullName);

    /// <summary>The call has passed this grain on its way round.</summary>
    private async Task Reached(string key)
    {
        await Grain("a").Ping();
        await Grain(key).Ping();
        await Grain("a").Ping();
    }
}
