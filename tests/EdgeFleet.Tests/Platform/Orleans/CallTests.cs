using EdgeFleet.Tests.Support;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EdgeFleet.Tests.Platform.Orleans;

public sealed class CallTests : IAsyncLifetime
{
    private readonly Stage _stage = new();
    private readonly ManualTimeProvider _time = new();
    private InProcessTestCluster _silo = null!;

    private ICallGrain Grain => _silo.Client.GetGrain<ICallGrain>("a");

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_stage.AddTo, _time);

    public async Task DisposeAsync()
    {
        _stage.ReleaseAll();
        await _silo.DisposeAsync();
    }

    [Fact]
    public async Task An_exception_reaches_the_caller_with_its_type_and_members()
    {
        (await Should.ThrowAsync<OddException>(Grain.Throw(42))).Code.ShouldBe(42);
        (await Should.ThrowAsync<OddException>(Grain.ThrowBeforeTask(43))).Code.ShouldBe(43);
    }

    [Fact]
    public async Task A_method_that_returns_null_in_place_of_a_task_fails_with_its_name() =>
        (await Should.ThrowAsync<InvalidOperationException>(Grain.ReturnNull())).Message.ShouldContain("ICallGrain.ReturnNull");

    [Fact]
    public async Task Value_tasks_are_calls_like_others()
    {
        (await Grain.Double(21)).ShouldBe(42);
        await Grain.Nothing();
    }

    [Fact]
    public async Task Cancelling_reaches_the_method_and_ends_the_call_at_once()
    {
        using var cancellation = new CancellationTokenSource();
        var call = Grain.WaitForCancellation("p", cancellation.Token);
        await _stage.EnteredAsync("p");

        await cancellation.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(call)).CancellationToken.ShouldBe(cancellation.Token);
        await _stage.EnterAsync("p cancelled").WaitAsync(TimeSpan.FromSeconds(10));
        _stage.Log.ShouldContain("p cancelled");
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_sent()
    {
        await Should.ThrowAsync<OperationCanceledException>(Grain.WaitForCancellation("p", new CancellationToken(canceled: true)));
        await Grain.Ping();
        _stage.HasEntered("p").ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_that_is_cancelled_while_it_waits_never_begins()
    {
        using var cancellation = new CancellationTokenSource();
        var blocking = Grain.WaitForCancellation("blocking", CancellationToken.None);
        await _stage.EnteredAsync("blocking");
        var waiting = Grain.WaitForCancellation("waiting", cancellation.Token);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        _stage.Release("blocking");
        (await blocking).ShouldBe("released");
        await Grain.Double(1);
        _stage.HasEntered("waiting").ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_that_takes_longer_than_its_own_limit_times_out_and_its_method_is_cancelled()
    {
        var call = Grain.Slow("slow", CancellationToken.None);
        await _stage.EnteredAsync("slow");

        _time.Advance(TimeSpan.FromSeconds(4));
        call.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(3));

        await Should.ThrowAsync<TimeoutException>(call);
        await _stage.EnterAsync("slow cancelled").WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Nobody_learns_of_the_failure_of_a_one_way_call()
    {
        await Grain.ThrowOneWay();
        await Grain.Ping();
    }

    [Fact]
    public async Task A_method_without_result_is_one_way()
    {
        Grain.Fire("fired");
        await _stage.EnteredAsync("fired");
    }

    [Fact]
    public async Task Request_context_goes_along_the_chain_and_does_not_come_back()
    {
        RequestContext.Set("operator", "ann");

        (await Grain.ReadContext("operator", through: false)).ShouldBe("ann");
        (await Grain.ReadContext("operator", through: true)).ShouldBe("changed by the grain");
        RequestContext.Get("operator").ShouldBe("ann");

        RequestContext.Clear();
        (await Grain.ReadContext("operator", through: false)).ShouldBeNull();
    }

    [Fact]
    public async Task What_one_call_leaves_in_async_locals_the_next_does_not_see()
    {
        await Task.WhenAll(Enumerable.Range(1, 50).Select(async i => (await Grain.AsyncLocalAfter(i)).ShouldBe(0)));
    }
}
