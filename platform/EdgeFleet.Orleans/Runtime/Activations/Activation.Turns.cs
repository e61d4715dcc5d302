using Orleans.Runtime.Calls;
using Orleans.Storage;

namespace Orleans.Runtime.Activations;

/// <content>Which calls run when.</content>
internal sealed partial class Activation
{
    /// <summary>Waiting calls that are begun in one turn before other turns get their chance.</summary>
    private const int CallsPerTurn = 64;

    private static readonly object GoOn = new();

    private Ring<GrainCall> _waiting;
    private int _waitingOvertakers;
    private int _running;

    /// <summary>The call that others wait for.</summary>
    private GrainCall? _blocking;

    /// <summary>Other running calls that do not always interleave: one of them becomes the blocking one when that ends.</summary>
    private List<GrainCall>? _alongside;
    private List<Guid>? _reentrantSections;
    private long _lastUsedMs;

    /// <summary>Runs one turn. Called by the scheduler only.</summary>
    public void Turn(object item)
    {
        switch (item)
        {
            case GrainCall { Stage: CallStage.Running } ended:
                End(ended);
                break;
            case GrainCall call:
                Admit(call);
                break;
            case CancelTurn cancel:
                cancel.Call.CancelMethodNow();
                break;
            case DeactivationTurn deactivation:
                OnDeactivationTurn(deactivation);
                break;
        }

        Continue();
    }

    public void EnterReentrantSection(Guid id) => (_reentrantSections ??= []).Add(id);

    public void LeaveReentrantSection(Guid id) => _reentrantSections?.Remove(id);

    private static bool IsOvertaker(GrainCall call) => call.IsAlwaysInterleave || call.IsReadOnly || call.Context is { ReentrancyId: var id } && id != Guid.Empty;

    private void Admit(GrainCall call)
    {
        if (_state == ActivationState.Created)
        {
            // It waits first, so that a failure of the activation is its failure too.
            Wait(call);
            BeginActivation(call.Context);
            return;
        }

        switch (_state)
        {
            case ActivationState.Valid when MayRun(call):
                Begin(call);
                break;
            case ActivationState.Gone:
                PassOn(call);
                break;
            default:
                Wait(call);
                break;
        }
    }

    private bool MayRun(GrainCall call) =>
        _blocking is null
        || call.IsAlwaysInterleave
        || Class.IsReentrant
        || (call.IsReadOnly && _blocking.IsReadOnly && (_alongside is null || _alongside.TrueForAll(c => c.IsReadOnly)))
        || (_reentrantSections is { Count: > 0 } sections && call.Context is { } context && sections.Contains(context.ReentrancyId));

    private void Wait(GrainCall call)
    {
        var limit = Runtime.Messaging.MaxEnqueuedRequestsHardLimit;
        if (limit > 0 && _waiting.Count >= limit)
        {
            call.AnswerWith(new LimitExceededException("MaxEnqueuedRequests", _waiting.Count, limit, $"{GrainId} is overloaded."));
            return;
        }

        _waiting.Add(call);
        if (IsOvertaker(call))
        {
            _waitingOvertakers++;
        }
    }

    /// <summary>After each turn: begins what may now run, and ends the activation when that was asked for and nothing runs any more.</summary>
    private void Continue()
    {
        for (var begun = 0; _state == ActivationState.Valid && TakeRunnable() is { } call; begun++)
        {
            if (begun == CallsPerTurn)
            {
                _scheduler.Enqueue(GoOn);
            }

            Begin(call);
            if (begun == CallsPerTurn)
            {
                return;
            }
        }

        EndWhenDue();
    }

    private GrainCall? TakeRunnable()
    {
        if (_waiting.Count == 0)
        {
            return null;
        }

        if (MayRun(_waiting[0]))
        {
            return TakeWaiting(0);
        }

        for (var i = 1; _waitingOvertakers > 0 && i < _waiting.Count; i++)
        {
            if (IsOvertaker(_waiting[i]) && MayRun(_waiting[i]))
            {
                return TakeWaiting(i);
            }
        }

        return null;
    }

    private GrainCall TakeWaiting(int index)
    {
        GrainCall? call;
        if (index == 0)
        {
            _waiting.TryTake(out call);
        }
        else
        {
            call = _waiting.RemoveAt(index);
        }

        if (IsOvertaker(call!))
        {
            _waitingOvertakers--;
        }

        return call!;
    }

    private void Begin(GrainCall call)
    {
        if (call.IsAnswered && Runtime.Messaging.DropExpiredMessages)
        {
            // It timed out or was cancelled while it waited.
            NoLongerLoad(call);
            return;
        }

        call.RunsOn = this;
        call.Stage = CallStage.Running;
        _running++;
        if (!call.IsAlwaysInterleave)
        {
            if (_blocking is null)
            {
                _blocking = call;
            }
            else
            {
                (_alongside ??= []).Add(call);
            }
        }

        if (call.KeepsAlive)
        {
            _lastUsedMs = Runtime.NowMs;
        }

        var outer = ExecutionContext.Capture()!;
        RequestContext.Import(call.Context);
        var ended = Run(call);
        if (!ReferenceEquals(ExecutionContext.Capture(), outer))
        {
            // What the call brought along, and what a method that is not async may have set.
            ExecutionContext.Restore(outer);
        }

        if (ended)
        {
            End(call);
        }
    }

    /// <summary>True when it ended at once; otherwise its end is another turn.</summary>
    private bool Run(GrainCall call)
    {
        if (call.Method is not null && (Runtime.IncomingFilters.Length > 0 || GrainInstance is IIncomingGrainCallFilter))
        {
            call.IsFiltered = true;
            var filtered = RunFiltered(call);
            if (filtered.IsCompleted)
            {
                return true;
            }

            filtered.GetAwaiter().UnsafeOnCompleted(() => _scheduler.Enqueue(call));
            return false;
        }

        try
        {
            if (call.Begin(GrainInstance!))
            {
                return true;
            }
        }
        catch (Exception e)
        {
            // Thrown by the method before it returned a task.
            call.IsFiltered = true;
            Fail(call, e);
            return true;
        }

        call.MethodTask.GetAwaiter().UnsafeOnCompleted(() => _scheduler.Enqueue(call));
        return false;
    }

    private async Task RunFiltered(GrainCall call)
    {
        try
        {
            var context = new IncomingCallContext(call, this, Runtime.IncomingFilters);
            await context.Invoke();
            call.AnswerWith(context.Result);
        }
        catch (Exception e)
        {
            Fail(call, e);
        }
    }

    private void End(GrainCall call)
    {
        _running--;
        NoLongerLoad(call);
        if (ReferenceEquals(_blocking, call))
        {
            _blocking = null;
            if (_alongside is { Count: > 0 })
            {
                _blocking = _alongside[0];
                _alongside.RemoveAt(0);
            }
        }
        else
        {
            _alongside?.Remove(call);
        }

        if (call.KeepsAlive)
        {
            _lastUsedMs = Runtime.NowMs;
        }

        if (call.IsFiltered)
        {
            return;
        }

        if (call.MethodTask.IsCompletedSuccessfully)
        {
            call.AnswerFromMethod();
        }
        else
        {
            Fail(call, Failures.Of(call.MethodTask));
        }
    }

    private void NoLongerLoad(GrainCall call)
    {
        if (Group is not null && call.Method is not null)
        {
            Interlocked.Decrement(ref _load);
        }
    }

    private void Fail(GrainCall call, Exception exception)
    {
        if (exception is InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            // The state in memory is not what is stored: the next activation reads it anew.
            inconsistent.IsSourceActivation = false;
            BeginDeactivation(new DeactivationReason(DeactivationReasonCode.ApplicationError, exception, "The state in memory is older than what is stored."));
        }

        if (call.IsOneWay)
        {
            Runtime.LogOneWayFailed(call.Name, GrainId, exception);
        }

        call.AnswerWith(exception);
    }
}
