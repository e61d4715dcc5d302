using Orleans.Runtime.Calls;

namespace Orleans.Runtime.Timers;

/// <summary>What ticks: see <see cref="GrainTimer{TState}"/>.</summary>
internal interface ITickSource
{
    bool Interleaves { get; }

    bool KeepsAlive { get; }

    /// <summary>Never fails.</summary>
    Task TickAsync();
}

/// <summary>A timer's tick, which takes its place among the calls.</summary>
internal sealed class TimerCall(ITickSource source) : GrainCall<object?>
{
    private Task _task = Task.CompletedTask;

    public override bool IsAlwaysInterleave => source.Interleaves;

    public override bool KeepsAlive => source.KeepsAlive;

    public override Task MethodTask => _task;

    public override string Name => "timer";

    public override bool Begin(object grain) => (_task = source.TickAsync()).IsCompleted;

    protected override object? Result() => null;
}
