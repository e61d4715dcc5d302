using Orleans.Core;
using Orleans.Storage;

namespace Orleans.Runtime;

/// <inheritdoc/>
public class PersistentStateFactory : IPersistentStateFactory
{
    public IPersistentState<TState> Create<TState>(IGrainContext context, IPersistentStateConfiguration cfg)
    {
        var storage = GrainStorages.Find(context.ActivationServices, cfg.StorageName, context.GrainInstance?.GetType() ?? GrainStorages.ClassOf(context));
        var state = new PersistentState<TState>(GetFullStateName(context, cfg), context, storage);
        context.ObservableLifecycle.Subscribe(nameof(PersistentState<>), GrainLifecycleStage.SetupState, state);
        return state;
    }

    protected virtual string GetFullStateName(IGrainContext context, IPersistentStateConfiguration cfg) => cfg.StateName;

    private sealed class PersistentState<TState>(string name, IGrainContext context, IGrainStorage storage)
        : StateStorageBridge<TState>(name, context, storage), IPersistentState<TState>, ILifecycleObserver
    {
        public Task OnStart(CancellationToken cancellationToken) => ReadStateAsync();

        public Task OnStop(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
