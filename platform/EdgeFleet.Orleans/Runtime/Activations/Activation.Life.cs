using Orleans.Runtime.Calls;

namespace Orleans.Runtime.Activations;

/// <content>How an activation begins and ends.</content>
internal sealed partial class Activation
{
    /// <summary>Activations that may pass a call on, before its caller is told.</summary>
    private const int MaxPasses = 1000;

    private static readonly DeactivationTurn IdleTurn =
        new(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "Nobody has called it for the collection age."), OnlyIfIdle: true, Drain: false);

    private List<IGrainTimer>? _timers;
    private DeactivationTurn? _ending;
    private bool _endBegun;
    private long _keepAliveUntilMs;

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        if (RuntimeContext.Current == this)
        {
            BeginDeactivation(deactivationReason);
        }
        else
        {
            _scheduler.Enqueue(new DeactivationTurn(deactivationReason, OnlyIfIdle: false, Drain: false));
        }
    }

    public override Task ShutDownAsync(DeactivationReason reason)
    {
        var ended = Deactivated;
        _scheduler.Enqueue(new DeactivationTurn(reason, OnlyIfIdle: false, Drain: true));
        return ended;
    }

    public override void CollectIdle(long nowMs)
    {
        if (IsIdle(nowMs))
        {
            _scheduler.Enqueue(IdleTurn);
        }
    }

    public void DelayDeactivation(TimeSpan span)
    {
        _keepAliveUntilMs =
            span == TimeSpan.MaxValue || span == Timeout.InfiniteTimeSpan ? long.MaxValue :
            span < TimeSpan.Zero ? 0 :
            Runtime.NowMs + (long)span.TotalMilliseconds;
    }

    /// <summary>Ends with the activation.</summary>
    public void Own(IGrainTimer timer)
    {
        lock (_scheduler)
        {
            (_timers ??= []).Add(timer);
        }
    }

    public void Disown(IGrainTimer timer)
    {
        lock (_scheduler)
        {
            _timers?.Remove(timer);
        }
    }

    private bool IsIdle(long nowMs) =>
        _state == ActivationState.Valid && _running == 0 && _waiting.Count == 0 && nowMs >= _keepAliveUntilMs && nowMs - _lastUsedMs >= Class.CollectionAgeMs;

    private void BeginActivation(ContextValues? context)
    {
        _state = ActivationState.Activating;
        ActivateAsync(context).Ignore();
    }

    private async Task ActivateAsync(ContextValues? context)
    {
        try
        {
            RequestContext.Import(context);
            GrainInstance = Class.Create(this);
            if (_lifecycle is not null || Class.HasActivationCode)
            {
                using var timeout = new CancellationTokenSource(Runtime.Collection.ActivationTimeout, Runtime.Time);
                await (_lifecycle?.Stages.StartAsync(GrainLifecycleStage.Activate - 1, timeout.Token) ?? Task.CompletedTask);
                await ((GrainInstance as IGrainBase)?.OnActivateAsync(timeout.Token) ?? Task.CompletedTask);
                await (_lifecycle?.Stages.StartAsync(GrainLifecycleStage.Last, timeout.Token) ?? Task.CompletedTask);
            }
        }
        catch (Exception e)
        {
            await FailActivationAsync(e);
            return;
        }

        _state = _ending is null || _ending.Drain ? ActivationState.Valid : ActivationState.Deactivating;
        _scheduler.Enqueue(GoOn);
    }

    private async Task FailActivationAsync(Exception exception)
    {
        Runtime.LogActivationFailed(GrainId, exception);
        _endBegun = true;
        var waiting = TakeAllWaiting();
        await DisposeAllAsync();
        Leave();
        foreach (var call in waiting.Concat(TakeAllWaiting()))
        {
            call.AnswerWith(exception);
        }
    }

    private void OnDeactivationTurn(DeactivationTurn turn)
    {
        if (turn.OnlyIfIdle && !IsIdle(Runtime.NowMs))
        {
            return;
        }

        BeginDeactivation(turn);
    }

    private void BeginDeactivation(DeactivationReason reason) => BeginDeactivation(new DeactivationTurn(reason, OnlyIfIdle: false, Drain: false));

    private void BeginDeactivation(DeactivationTurn turn)
    {
        if (_endBegun || (_ending is { Drain: false }))
        {
            return;
        }

        _ending = turn;
        if (turn.Drain)
        {
            // No new ticks, and those that run learn of it; otherwise they could keep the silo from stopping.
            DisposeTimers();
        }

        if (_state == ActivationState.Created)
        {
            _endBegun = true;
            Leave();
        }
        else if (_state == ActivationState.Valid && !turn.Drain)
        {
            _state = ActivationState.Deactivating;
        }

        // The turn that asked for it may be one that no call belongs to.
        _scheduler.Enqueue(GoOn);
    }

    private void EndWhenDue()
    {
        if (_ending is null || _endBegun || _running > 0 || _state is not (ActivationState.Valid or ActivationState.Deactivating)
            || (_ending.Drain && _waiting.Count > 0))
        {
            return;
        }

        _endBegun = true;
        _state = ActivationState.Deactivating;
        EndAsync(_ending.Reason).Ignore();
    }

    private async Task EndAsync(DeactivationReason reason)
    {
        try
        {
            DisposeTimers();
            using var timeout = new CancellationTokenSource(Runtime.Collection.DeactivationTimeout, Runtime.Time);
            var deactivated = StopStagesAsync(reason, timeout.Token);
            if (!deactivated.IsCompletedSuccessfully)
            {
                await deactivated.WaitAsync(Runtime.Collection.DeactivationTimeout, Runtime.Time);
            }
        }
        catch (Exception e)
        {
            Runtime.LogDeactivationFailed(GrainId, e);
        }

        await DisposeAllAsync();
        Leave();
        foreach (var call in TakeAllWaiting())
        {
            PassOn(call);
        }
    }

    private async Task StopStagesAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await (_lifecycle?.Stages.StopAsync(GrainLifecycleStage.Activate, cancellationToken) ?? Task.CompletedTask);
        try
        {
            await ((GrainInstance as IGrainBase)?.OnDeactivateAsync(reason, cancellationToken) ?? Task.CompletedTask);
        }
        finally
        {
            await (_lifecycle?.Stages.StopAsync(GrainLifecycleStage.First, cancellationToken) ?? Task.CompletedTask);
        }
    }

    private async Task DisposeAllAsync()
    {
        DisposeTimers();
        try
        {
            switch (GrainInstance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            if (_scope is { } scope)
            {
                _scope = null;
                await scope.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            Runtime.LogDeactivationFailed(GrainId, e);
        }
    }

    private void DisposeTimers()
    {
        List<IGrainTimer>? timers;
        lock (_scheduler)
        {
            (timers, _timers) = (_timers, null);
        }

        timers?.ForEach(t => t.Dispose());
    }

    /// <summary>From here on the catalog makes another.</summary>
    private void Leave()
    {
        if (Group is null)
        {
            Runtime.Catalog.Remove(this);
        }

        _state = ActivationState.Gone;
        Group?.Left(this);
        Volatile.Read(ref _deactivated)?.TrySetResult();
        GrainInstance = null;
        _lifecycle = null;
    }

    private List<GrainCall> TakeAllWaiting()
    {
        var calls = new List<GrainCall>(_waiting.Count);
        while (_waiting.TryTake(out var call))
        {
            calls.Add(call);
        }

        _waitingOvertakers = 0;
        return calls;
    }

    /// <summary>To the next activation; ticks of this one's timers end with it.</summary>
    private void PassOn(GrainCall call)
    {
        if (call.Method is null || call.IsAnswered)
        {
            return;
        }

        if (++call.Passes > MaxPasses)
        {
            call.AnswerWith(new OrleansMessageRejectionException(
                $"{call.Name} was passed on by {MaxPasses} activations of {GrainId}, each of which ended before its turn: does the grain deactivate itself while it activates?"));
            return;
        }

        Runtime.Deliver(call);
    }
}
