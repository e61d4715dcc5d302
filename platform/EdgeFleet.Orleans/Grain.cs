using Orleans.Runtime;

namespace Orleans;

/// <summary>Base class of grains.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly IGrainRuntime? _runtime;

    /// <summary>For the host, which constructs grains inside their activation.</summary>
    /// <exception cref="InvalidOperationException">Constructed by hand; a test passes a context and a runtime to the other constructor.</exception>
    protected Grain()
        : this(RuntimeContext.Require(), null!)
    {
    }

    /// <summary>For tests that bring their own context.</summary>
    protected Grain(IGrainContext grainContext, IGrainRuntime grainRuntime)
    {
        GrainContext = grainContext;
        _runtime = grainRuntime ?? grainContext?.ActivationServices?.GetService(typeof(IGrainRuntime)) as IGrainRuntime;
    }

    /// <summary>The activation.</summary>
    public IGrainContext GrainContext { get; }

    /// <summary>By which others call this grain.</summary>
    public GrainReference GrainReference => GrainContext.GrainReference;

    /// <summary>Type and key in one string.</summary>
    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>The silo's name.</summary>
    public string RuntimeIdentity => Runtime.SiloIdentity;

    /// <summary>Hands out references to other grains.</summary>
    protected IGrainFactory GrainFactory => Runtime.GrainFactory;

    /// <summary>The activation's services.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext?.ActivationServices ?? Runtime.ServiceProvider;

    internal IGrainRuntime Runtime =>
        _runtime ?? throw new InvalidOperationException($"{GetType()} has no runtime: it was constructed outside a silo.");

    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation after the present turn; calls that wait go to the next one.</summary>
    protected void DeactivateOnIdle() => Runtime.DeactivateOnIdle(GrainContext);

    /// <summary>Keeps this activation at least for <paramref name="timeSpan"/>, however idle; a negative span takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Runtime.DelayDeactivation(GrainContext, timeSpan);
}
