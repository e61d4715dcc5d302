using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Tests.Platform.Orleans;

internal interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Add(int amount);

    Task<int> Get();

    Task<string> Key();
}

internal sealed class CounterState
{
    public int Value { get; set; }
}

internal sealed class CounterGrain([PersistentState("counter", "store")] IPersistentState<CounterState> state) : Grain, ICounterGrain
{
    public async Task<int> Add(int amount)
    {
        state.State.Value += amount;
        await state.WriteStateAsync();
        return state.State.Value;
    }

    public Task<int> Get() => Task.FromResult(state.State.Value);

    public Task<string> Key() => Task.FromResult(this.GetPrimaryKeyString());
}
