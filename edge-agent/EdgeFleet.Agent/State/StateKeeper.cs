namespace EdgeFleet.Agent.State;

/// <summary>The state in force. Changed by one writer, the reconcile loop; read by all.</summary>
internal sealed class StateKeeper
{
    private readonly StateStore _store;
    private readonly TimeProvider _time;
    private volatile AgentState _current;

    /// <summary>Reads the state of the folder, or begins a new one.</summary>
    public StateKeeper(StateStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
        var loaded = store.Load();
        _current = loaded ?? new AgentState { Incarnation = Guid.NewGuid() };
        if (loaded is null)
        {
            Save(_current);
        }
    }

    /// <summary>Raised after a state was saved. Handlers must be quick and must not throw.</summary>
    public event Action? Changed;

    public AgentState Current => _current;

    /// <summary>Numbers, stamps and saves the next state; in force when it returns.</summary>
    /// <exception cref="IOException">The disk refused; the current state stays in force.</exception>
    public void Save(AgentState next)
    {
        var numbered = next with { Sequence = _current.Sequence + 1, ChangedAt = _time.GetUtcNow() };
        _store.Save(numbered);
        _current = numbered;
        Changed?.Invoke();
    }
}
