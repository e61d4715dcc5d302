using EdgeFleet.Contracts.Ids;
using EdgeFleet.GrainContracts;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Fleet;

/// <summary>Knows what is under way, so that a silo takes it up again at its start.</summary>
internal sealed class FleetGrain([PersistentState("fleet", GrainStores.Default)] IPersistentState<FleetState> store) : Grain, IFleetGrain
{
    /// <summary>Open rollouts at one time.</summary>
    public const int MaxRollouts = 1_000;

    /// <summary>Open productions at one time.</summary>
    public const int MaxProductions = 10_000;

    public Task RolloutOpened(RolloutId rollout) =>
        AddAsync(store.State.Rollouts, rollout, MaxRollouts, "rollouts are open: end some before you start another");

    public Task RolloutClosed(RolloutId rollout) => RemoveAsync(store.State.Rollouts, rollout);

    public Task ProductionOpened(string variantKey) =>
        AddAsync(store.State.Productions, variantKey, MaxProductions, "variants are in production: ask again when some are done");

    public Task ProductionClosed(string variantKey) => RemoveAsync(store.State.Productions, variantKey);

    public Task<OpenWork> GetOpenWork() => Task.FromResult(new OpenWork([.. store.State.Rollouts], [.. store.State.Productions]));

    private async Task AddAsync<T>(List<T> open, T item, int limit, string words)
    {
        if (open.Contains(item))
        {
            return;
        }

        if (open.Count >= limit)
        {
            throw new InvalidOperationException($"{limit} {words}.");
        }

        open.Add(item);
        await SaveAsync();
    }

    private async Task RemoveAsync<T>(List<T> open, T item)
    {
        if (open.Remove(item))
        {
            await SaveAsync();
        }
    }

    private async Task SaveAsync()
    {
        try
        {
            await store.WriteStateAsync();
        }
        catch
        {
            // What is in memory may be ahead of what is stored: the next call starts from the store.
            DeactivateOnIdle();
            throw;
        }
    }
}
