using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Benchmarks.Grains;

/// <summary>The smallest grain with a call that does something.</summary>
public interface IEchoGrain : IGrainWithIntegerKey
{
    Task<int> Echo(int value);

    Task<int> EchoThrough(long other, int value);
}

public sealed class EchoGrain : Grain, IEchoGrain
{
    private int _calls;

    public Task<int> Echo(int value)
    {
        _calls++;
        return Task.FromResult(value);
    }

    public Task<int> EchoThrough(long other, int value) => GrainFactory.GetGrain<IEchoGrain>(other).Echo(value + (_calls & 0));
}

/// <summary>A grain with state, about as large as a device's.</summary>
public interface ILedgerGrain : IGrainWithIntegerKey
{
    Task<long> Write();
}

public sealed class LedgerState
{
    public long Entries { get; set; }

    public string Device { get; set; } = "gateway-0042";

    public string Variant { get; set; } = "sha256:4d5a2f0c91b8e37765aa10fe2b9f3c5d1e8a7b6c0f1e2d3c4b5a697887766554";

    public DateTimeOffset LastSeen { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
}

public sealed class LedgerGrain([PersistentState("ledger", "durable")] IPersistentState<LedgerState> state) : Grain, ILedgerGrain
{
    public async Task<long> Write()
    {
        state.State.Entries++;
        await state.WriteStateAsync();
        return state.State.Entries;
    }
}
