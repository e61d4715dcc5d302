using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Calls;
using Orleans.Runtime.Catalog;

namespace Orleans.Runtime.Activations;

internal enum ActivationState : byte
{
    /// <summary>Nothing has run yet; the first call begins the activation.</summary>
    Created,

    /// <summary>Calls wait.</summary>
    Activating,

    /// <summary>Calls run.</summary>
    Valid,

    /// <summary>What runs goes on to its end; calls wait for the next activation.</summary>
    Deactivating,

    /// <summary>Calls are delivered anew.</summary>
    Gone,
}

/// <summary>A grain's object with its queue. All state but the queue of turns changes only in turns, so that it needs no locks.</summary>
internal sealed partial class Activation : CallTarget, IGrainContext
{
    private readonly TurnScheduler _scheduler;
    private volatile ActivationState _state;
    private AsyncServiceScope? _scope;
    private ActivationLifecycle? _lifecycle;
    private GrainReference? _reference;
    private TaskCompletionSource? _deactivated;
    private Guid _id;
    private int _load;

    public Activation(SiloRuntime runtime, GrainClass grainClass, GrainId grainId)
        : base(grainId)
    {
        Runtime = runtime;
        Class = grainClass;
        _scheduler = new TurnScheduler(this);
        _lastUsedMs = runtime.NowMs;
    }

    public SiloRuntime Runtime { get; }

    public GrainClass Class { get; }

    /// <summary>Told when this activation has ended, when it belongs to a group.</summary>
    public StatelessWorkers? Group { get; init; }

    public object? GrainInstance { get; private set; }

    public GrainReference GrainReference => _reference ??= Runtime.References.CreateUntyped(GrainId);

    public IServiceProvider ActivationServices =>
        (_scope ??= Runtime.Services.GetRequiredService<IServiceScopeFactory>().CreateAsyncScope()).ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => _lifecycle ??= new ActivationLifecycle();

    public IWorkItemScheduler Scheduler => _scheduler;

    /// <summary>Calls that were delivered and have not ended. Counted for workers only.</summary>
    public int Load => Volatile.Read(ref _load);

    public override bool IsGone => _state == ActivationState.Gone;

    public override Activation Representative => this;

    public ActivationId ActivationId
    {
        get
        {
            if (_id == Guid.Empty)
            {
                _id = Guid.NewGuid();
            }

            return new ActivationId(_id);
        }
    }

    public Task Deactivated
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(
                ref _deactivated, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (IsGone)
            {
                source.TrySetResult();
            }

            return source.Task;
        }
    }

    public override void Receive(GrainCall call)
    {
        if (Group is not null)
        {
            Interlocked.Increment(ref _load);
        }

        _scheduler.Enqueue(call);
    }

    /// <summary>Adds a turn.</summary>
    public void Enqueue(object turn) => _scheduler.Enqueue(turn);

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override string ToString() => $"{GrainId}{(_id == Guid.Empty ? "" : ActivationId.ToString())} ({_state}, {_running} running, {_waiting.Count} waiting)";
}
