using Orleans.Runtime.Activations;

namespace Orleans.Runtime.Calls;

/// <summary>Where a call stands. Changed only by the activation that holds it.</summary>
internal enum CallStage : byte
{
    /// <summary>Sent, or waiting.</summary>
    Waiting,

    /// <summary>Its method has begun.</summary>
    Running,
}

/// <summary>One call: its arguments (in a class generated for the method), its place in queues, and the promise to its caller.</summary>
internal abstract class GrainCall
{
    private const int Open = 0;
    private const int Answered = 1;

    private int _answered;
    private CancellationTokenSource? _methodCancellation;
    private CancellationTokenRegistration _callerCancellation;

    /// <summary>Null for calls that the runtime makes up itself (timers).</summary>
    public MethodShape? Method { get; set; }

    public GrainReference? Target { get; set; }

    /// <summary>The calling activation; null when the call comes from outside.</summary>
    public Activation? Sender { get; set; }

    public ContextValues? Context { get; set; }

    public CallStage Stage { get; set; }

    /// <summary>The activation that runs the method; null before.</summary>
    public Activation? RunsOn { get; set; }

    /// <summary>How many activations ended before its turn.</summary>
    public int Passes { get; set; }

    /// <summary>Filters run it, and answer it.</summary>
    public bool IsFiltered { get; set; }

    /// <summary>On the coarse clock. See <see cref="PendingCalls"/>.</summary>
    public long DeadlineMs { get; set; }

    /// <summary>Neighbours in the list of unanswered calls. See <see cref="PendingCalls"/>.</summary>
    public GrainCall? PendingBefore { get; set; }

    public GrainCall? PendingAfter { get; set; }

    public PendingCalls.Stripe? PendingIn { get; set; }

    /// <summary>Of the caller; set by the generated reference when the method takes one.</summary>
    public CancellationToken CallerToken { get; set; }

    /// <summary>The one that the method gets. Created on first use, which is when the method begins.</summary>
    public CancellationToken MethodToken => (_methodCancellation ??= new CancellationTokenSource()).Token;

    public virtual bool IsAlwaysInterleave => Method!.IsAlwaysInterleave;

    public virtual bool KeepsAlive => true;

    public bool IsReadOnly => Method is { IsReadOnly: true };

    public bool IsOneWay => Method is { IsOneWay: true };

    public bool IsAnswered => Volatile.Read(ref _answered) == Answered;

    public abstract Task Promise { get; }

    /// <summary>The running method's task.</summary>
    public abstract Task MethodTask { get; }

    public virtual string Name => Method!.Name;

    /// <summary>Begins the method. True when it ended at once.</summary>
    public abstract bool Begin(object grain);

    /// <summary>Gives the caller what <see cref="MethodTask"/> came to.</summary>
    public abstract void AnswerFromMethod();

    /// <summary>Runs the method to its end, for filters.</summary>
    public abstract Task<object?> RunUntyped(object grain);

    public abstract void AnswerWith(object? result);

    public void AnswerWith(Exception exception)
    {
        if (TryClaimAnswer())
        {
            Fail(exception);
        }
    }

    /// <summary>True for the one who may fulfil the promise.</summary>
    protected bool TryClaimAnswer()
    {
        if (Interlocked.Exchange(ref _answered, Answered) != Open)
        {
            return false;
        }

        PendingIn?.Remove(this);
        if (CallerToken.CanBeCanceled)
        {
            _callerCancellation.Unregister();
        }

        return true;
    }

    protected abstract void Fail(Exception exception);

    /// <summary>From now on a cancellation of the caller's token reaches the call.</summary>
    public void WatchCallerToken(bool waitForMethod)
    {
        _callerCancellation = CallerToken.UnsafeRegister(
            static (state, token) =>
            {
                var (call, wait) = ((GrainCall, bool))state!;
                call.CancelMethod();
                if (!wait || call.RunsOn is null)
                {
                    call.AnswerWith(new OperationCanceledException(token));
                }
            },
            (this, waitForMethod));
        if (IsAnswered)
        {
            _callerCancellation.Unregister();
        }
    }

    /// <summary>Cancels the method's token, as a turn of the activation that runs it. A call that waits is answered and then never begins.</summary>
    public void CancelMethod() => RunsOn?.Enqueue(new CancelTurn(this));

    /// <summary>In the turn.</summary>
    public void CancelMethodNow() => _methodCancellation?.Cancel();
}

/// <summary>A turn that cancels a call's token.</summary>
internal sealed record CancelTurn(GrainCall Call);
