using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Activations;
using Orleans.Runtime.Calls;
using Orleans.Runtime.Catalog;
using Orleans.Runtime.References;

namespace Orleans.Runtime;

internal enum SiloState
{
    Created,
    Running,

    /// <summary>Grains call each other on; calls from outside are refused.</summary>
    Draining,
    Stopped,
}

/// <summary>The silo: sends calls, and keeps its clock.</summary>
internal sealed partial class SiloRuntime : IDisposable
{
    private readonly ILogger<SiloRuntime> _logger;
    private readonly long _tickMs;
    private readonly long _startedAt;
    private ITimer? _ticker;
    private long _nowMs;
    private long _nextCollectionMs;
    private volatile SiloState _state;

    public SiloRuntime(
        IServiceProvider services,
        TimeProvider time,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<GrainCollectionOptions> collection,
        IEnumerable<IIncomingGrainCallFilter> incoming,
        IEnumerable<IOutgoingGrainCallFilter> outgoing,
        ILogger<SiloRuntime> logger)
    {
        Services = services;
        Time = time;
        Messaging = messaging.Value;
        Collection = collection.Value;
        IncomingFilters = [.. incoming];
        OutgoingFilters = [.. outgoing];
        _logger = logger;
        _tickMs = (long)Math.Clamp(Messaging.ResponseTimeout.TotalMilliseconds / 10, 10, 1000);
        _startedAt = time.GetTimestamp();
        Classes = new GrainClassMap(services, collection);
        Catalog = new GrainCatalog(this, Classes);
        References = new GrainReferences(this);
        GrainFactory = new GrainFactory(this, Classes);
    }

    public IServiceProvider Services { get; }

    public TimeProvider Time { get; }

    public SiloMessagingOptions Messaging { get; }

    public GrainCollectionOptions Collection { get; }

    public IIncomingGrainCallFilter[] IncomingFilters { get; }

    public IOutgoingGrainCallFilter[] OutgoingFilters { get; }

    public GrainClassMap Classes { get; }

    public GrainCatalog Catalog { get; }

    public GrainReferences References { get; }

    public GrainFactory GrainFactory { get; }

    public PendingCalls Pending { get; } = new();

    /// <summary>Milliseconds since the silo was made; coarse, so that reading it costs nothing.</summary>
    public long NowMs => Volatile.Read(ref _nowMs);

    public Task<TResult> Send<TResult>(GrainReference target, GrainCall<TResult> call, MethodShape method)
    {
        call.Method = method;
        call.Target = target;
        call.Sender = RuntimeContext.Current;
        if (OutgoingFilters.Length > 0)
        {
            return new OutgoingCallContext<TResult>(call, this, OutgoingFilters).Run();
        }

        call.Context = RequestContext.Export();
        Dispatch(call);
        return method.IsOneWay ? Done<TResult>.Task : call.TypedPromise;
    }

    /// <summary>Sends the call on its way. Every failure reaches the caller through the promise.</summary>
    public void Dispatch(GrainCall call)
    {
        if (_state != SiloState.Running && (_state != SiloState.Draining || call.Sender is null))
        {
            call.AnswerWith(new SiloUnavailableException(_state == SiloState.Created ? "The silo has not started yet." : "The silo is stopping."));
            return;
        }

        if (!call.IsOneWay)
        {
            // One tick more, because the clock may be that far behind.
            call.DeadlineMs = NowMs + _tickMs + TimeoutOfMs(call);
            Pending.Add(call);
        }

        if (call.CallerToken.CanBeCanceled)
        {
            call.WatchCallerToken(Messaging.WaitForCancellationAcknowledgement);
            if (call.IsAnswered)
            {
                return;
            }
        }

        Deliver(call);
    }

    public void Deliver(GrainCall call)
    {
        try
        {
            var reference = call.Target!;
            var target = reference.LastTarget;
            if (target is null || target.IsGone)
            {
                target = Catalog.GetOrCreate(reference.GrainId);
                reference.LastTarget = target;
            }

            target.Receive(call);
        }
        catch (Exception e)
        {
            call.AnswerWith(e);
        }
    }

    public void Start()
    {
        _state = SiloState.Running;
        _nextCollectionMs = (long)Collection.CollectionQuantum.TotalMilliseconds;
        var period = TimeSpan.FromMilliseconds(_tickMs);
        _ticker = Time.CreateTimer(static self => ((SiloRuntime)self!).Tick(), this, period, period);
    }

    /// <summary>Refuses calls from outside, lets those that are under way end, and then ends every activation.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_state is SiloState.Stopped or SiloState.Created)
        {
            _state = SiloState.Stopped;
            return;
        }

        _state = SiloState.Draining;
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The silo is stopping.");
        try
        {
            // Activations that end may call others, which begins those anew.
            while (Catalog.Count > 0)
            {
                await Task.WhenAll(Catalog.All.Select(t => t.ShutDownAsync(reason))).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStoppedWithActivations(Catalog.Count);
        }

        Kill();
    }

    /// <summary>Ends without asking anyone, as when the process dies; callers learn of it.</summary>
    public void Kill()
    {
        _state = SiloState.Stopped;
        _ticker?.Dispose();
        foreach (var call in Pending.TakeAll())
        {
            call.AnswerWith(new SiloUnavailableException("The silo has stopped."));
        }
    }

    public void Dispose() => _ticker?.Dispose();

    private long TimeoutOfMs(GrainCall call) => (long)(call.Method!.Timeout ?? Messaging.ResponseTimeout).TotalMilliseconds;

    private void Tick()
    {
        var now = (long)Time.GetElapsedTime(_startedAt).TotalMilliseconds;
        Volatile.Write(ref _nowMs, now);
        foreach (var call in Pending.TakeExpired(now))
        {
            var timeout = call.Method!.Timeout ?? Messaging.ResponseTimeout;
            call.AnswerWith(new TimeoutException(
                $"No response within {timeout} to {call.Name} of {call.Target!.GrainId} from {call.Sender?.GrainId.ToString() ?? "outside"}. Target: {call.RunsOn ?? Catalog.Find(call.Target.GrainId)?.Representative}."));
            if (Messaging.CancelRequestOnTimeout)
            {
                call.CancelMethod();
            }
        }

        if (now >= _nextCollectionMs)
        {
            _nextCollectionMs = now + (long)Collection.CollectionQuantum.TotalMilliseconds;
            Catalog.CollectIdle(now);
        }
    }

    private static class Done<TResult>
    {
        public static readonly Task<TResult> Task = System.Threading.Tasks.Task.FromResult<TResult>(default!);
    }
}
