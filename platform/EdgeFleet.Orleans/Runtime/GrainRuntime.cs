using Orleans.Core;
using Orleans.Runtime.Activations;
using Orleans.Storage;
using Orleans.Timers;

namespace Orleans.Runtime;

/// <inheritdoc/>
internal sealed class GrainRuntime(SiloRuntime runtime, ITimerRegistry timers, SiloIdentity identity, IPersistentStateFactory states) : IGrainRuntime
{
    public string SiloIdentity => identity.Name;

    public IGrainFactory GrainFactory => runtime.GrainFactory;

    public ITimerRegistry TimerRegistry => timers;

    public IServiceProvider ServiceProvider => runtime.Services;

    public TimeProvider TimeProvider => runtime.Time;

    public void DeactivateOnIdle(IGrainContext grainContext) =>
        grainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "DeactivateOnIdle was called."));

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan)
    {
        if (grainContext is Activation activation)
        {
            activation.DelayDeactivation(timeSpan);
        }
    }

    public IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext) =>
        states.Create<TGrainState>(grainContext, new StateOfClass(GrainStorages.ClassOf(grainContext).FullName!));

    private sealed record StateOfClass(string StateName) : IPersistentStateConfiguration
    {
        public string? StorageName => null;
    }
}

/// <summary>The silo's name.</summary>
internal sealed record SiloIdentity(string Name);

/// <inheritdoc/>
internal sealed class GrainContextAccessor : IGrainContextAccessor
{
    public IGrainContext? GrainContext => RuntimeContext.Current;
}
