using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Core;

/// <summary>Ties a state in memory to its storage.</summary>
public class StateStorageBridge<TState> : IStorage<TState>
{
    private readonly string _name;
    private readonly IGrainContext _context;
    private readonly IGrainStorage _store;
    private readonly GrainState<TState> _state = new(FreshState.Of<TState>());

    public StateStorageBridge(string name, IGrainContext grainContext, IGrainStorage store)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(grainContext);
        ArgumentNullException.ThrowIfNull(store);
        (_name, _context, _store) = (name, grainContext, store);
    }

    public TState State
    {
        get => _state.State;
        set => _state.State = value;
    }

    public string? Etag => _state.ETag;

    public bool RecordExists => _state.RecordExists;

    public async Task ReadStateAsync()
    {
        await _store.ReadStateAsync(_name, _context.GrainId, _state);
        _state.State ??= FreshState.Of<TState>();
    }

    public Task WriteStateAsync() => _store.WriteStateAsync(_name, _context.GrainId, _state);

    public async Task ClearStateAsync()
    {
        await _store.ClearStateAsync(_name, _context.GrainId, _state);
        _state.State = FreshState.Of<TState>();
    }
}
