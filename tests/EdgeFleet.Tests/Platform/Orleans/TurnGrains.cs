using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace EdgeFleet.Tests.Platform.Orleans;

internal interface ITurnGrain : IGrainWithStringKey
{
    /// <summary>Stays until the test lets it go.</summary>
    Task Stay(string phase);

    [ReadOnly]
    Task Look(string phase);

    [OneWay]
    Task Shout(string phase);

    /// <summary>Answers whatever else the grain does. When it answers, all that was sent before has reached the grain.</summary>
    [AlwaysInterleave]
    Task Ping();

    [AlwaysInterleave]
    Task StayAside(string phase);

    /// <summary>Calls the other, which calls this one back.</summary>
    Task CallBack(string other, bool allowReentry);

    Task CallOn(string back);

    Task CallSelf();

    /// <summary>Reads, yields and writes, again and again; returns how often two turns were inside at once.</summary>
    Task<int> CountOverlaps(int rounds);

    Task<(bool SameScheduler, bool SameContext, bool Outside)> WhereDoIRun();

    Task<IReadOnlyList<int>> Append(int number);
}

/// <summary>Ordinary: one call at a time.</summary>
[GrainType("turns")]
internal class TurnGrain(Stage stage, IGrainContextAccessor accessor) : Grain, ITurnGrain
{
    private readonly List<int> _numbers = [];
    private int _inside;
    private int _overlaps;

    public async Task Stay(string phase)
    {
        await stage.EnterAsync(phase);
        stage.Note($"{phase} ends");
    }

    public Task Look(string phase) => Stay(phase);

    public Task Shout(string phase) => Stay(phase);

    public Task Ping() => Task.CompletedTask;

    public Task StayAside(string phase) => Stay(phase);

    public async Task CallBack(string other, bool allowReentry)
    {
        using var section = allowReentry ? RequestContext.AllowCallChainReentrancy() : default;
        await GrainFactory.GetGrain<ITurnGrain>(other, GetType().FullName).CallOn(this.GetPrimaryKeyString());
    }

    public Task CallOn(string back) => GrainFactory.GetGrain<ITurnGrain>(back, GetType().FullName).Append(1);

    public Task CallSelf() => this.AsReference<ITurnGrain>().Append(1);

    public async Task<int> CountOverlaps(int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            _overlaps += Interlocked.Increment(ref _inside) - 1;
            Thread.SpinWait(20);
            Interlocked.Decrement(ref _inside);
            await Task.Yield();
        }

        return _overlaps;
    }

    public async Task<(bool SameScheduler, bool SameContext, bool Outside)> WhereDoIRun()
    {
        var scheduler = TaskScheduler.Current;
        var context = accessor.GrainContext;
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        var outside = await Task.Run(() => accessor.GrainContext is null);
        return (TaskScheduler.Current == scheduler && scheduler != TaskScheduler.Default, accessor.GrainContext == context && context == GrainContext, outside);
    }

    public Task<IReadOnlyList<int>> Append(int number)
    {
        _numbers.Add(number);
        return Task.FromResult<IReadOnlyList<int>>(_numbers);
    }
}

[Reentrant]
[GrainType("reentrant-turns")]
internal sealed class ReentrantTurnGrain(Stage stage, IGrainContextAccessor accessor) : TurnGrain(stage, accessor);

[StatelessWorker(2)]
[GrainType("worker-turns")]
internal sealed class WorkerTurnGrain(Stage stage, IGrainContextAccessor accessor) : TurnGrain(stage, accessor);
