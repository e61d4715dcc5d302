using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.GrainContracts;

/// <summary>One rollout. Key: the rollout id.</summary>
[Alias("edgefleet.rollout")]
public interface IRolloutGrain : IGrainWithStringKey
{
    /// <summary>Stores what is asked for and starts. The same specification again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">Another rollout has this id.</exception>
    [Alias("start")]
    Task Start(RolloutSpec spec);

    /// <summary>Takes up again what a restart interrupted. Harmless at any time.</summary>
    [Alias("resume-work")]
    Task Poke();

    /// <summary>A device's report that concerns this rollout; never waits for the rollout's own calls to the device.</summary>
    [Alias("device-reported")]
    [OneWay]
    Task DeviceReported(ReportedState reported);

    [Alias("pause")]
    Task Pause(string remark);

    [Alias("resume")]
    Task Resume();

    [Alias("cancel")]
    Task Cancel(string remark);

    [Alias("roll-back")]
    Task RollBack(string remark);

    /// <summary>Null when no rollout has this id.</summary>
    [Alias("describe")]
    [AlwaysInterleave]
    Task<RolloutInfo?> Describe();
}
