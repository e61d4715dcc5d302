using Orleans.Runtime.Activations;

namespace Orleans.Runtime.Timers;

/// <inheritdoc cref="IGrainTimer"/>
internal sealed class GrainTimer<TState> : IGrainTimer, ITickSource
{
    private readonly Activation _activation;
    private readonly Func<TState, CancellationToken, Task> _callback;
    private readonly TState _state;
    private readonly CancellationTokenSource _disposed = new();
    private readonly ITimer _timer;
    private TimeSpan _period;
    private bool _changedDuringTick;

    public GrainTimer(Activation activation, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        Check(options.DueTime, nameof(options.DueTime));
        Check(options.Period, nameof(options.Period));
        (_activation, _callback, _state, _period) = (activation, callback, state, options.Period);
        (Interleaves, KeepsAlive) = (options.Interleave, options.KeepAlive);
        activation.Own(this);
        _timer = activation.Runtime.Time.CreateTimer(static self => ((GrainTimer<TState>)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(options.DueTime, Timeout.InfiniteTimeSpan);
    }

    public bool Interleaves { get; }

    public bool KeepsAlive { get; }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        _period = period;
        _changedDuringTick = true;
        _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        if (_disposed.IsCancellationRequested)
        {
            return;
        }

        _timer.Dispose();
        _disposed.Cancel();
        _activation.Disown(this);
    }

    public async Task TickAsync()
    {
        if (_disposed.IsCancellationRequested)
        {
            return;
        }

        _changedDuringTick = false;
        try
        {
            await _callback(_state, _disposed.Token);
        }
        catch (OperationCanceledException) when (_disposed.IsCancellationRequested)
        {
            // Disposed while it ran: nothing is left to do.
            return;
        }
        catch (Exception e)
        {
            _activation.Runtime.LogTimerFailed(_activation.GrainId, e);
        }

        if (!_changedDuringTick && !_disposed.IsCancellationRequested)
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
    }

    private static void Check(TimeSpan span, string name)
    {
        if (span < TimeSpan.Zero && span != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, span, "Must be zero, positive, or infinite.");
        }
    }

    private void Fire() => _activation.Enqueue(new TimerCall(this));
}
