using EdgeFleet.Contracts.Ids;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.GrainContracts;

/// <summary>What is under way in the fleet, so that a silo knows at its start what to take up again. One grain, key <see cref="Key"/>.</summary>
[Alias("edgefleet.fleet")]
public interface IFleetGrain : IGrainWithStringKey
{
    /// <summary>The only key.</summary>
    public const string Key = "fleet";

    /// <summary>Stored before the rollout's first step.</summary>
    /// <exception cref="InvalidOperationException">Too many rollouts are open.</exception>
    [Alias("rollout-opened")]
    Task RolloutOpened(RolloutId rollout);

    /// <summary>Stored after its last step. One that is not open changes nothing.</summary>
    [Alias("rollout-closed")]
    Task RolloutClosed(RolloutId rollout);

    /// <summary>Stored before a production begins.</summary>
    /// <param name="variantKey">A <see cref="VariantKey"/>.</param>
    /// <exception cref="InvalidOperationException">Too many productions are open.</exception>
    [Alias("production-opened")]
    Task ProductionOpened(string variantKey);

    /// <summary>Stored after it ended.</summary>
    [Alias("production-closed")]
    Task ProductionClosed(string variantKey);

    /// <summary>Everything open.</summary>
    [Alias("open-work")]
    [AlwaysInterleave]
    Task<OpenWork> GetOpenWork();
}

/// <summary>What is under way.</summary>
/// <param name="Rollouts">Not ended, in the order in which they were opened.</param>
/// <param name="Productions">Keys of variants in production.</param>
[Alias("edgefleet.open-work")]
public sealed record OpenWork(IReadOnlyList<RolloutId> Rollouts, IReadOnlyList<string> Productions);
