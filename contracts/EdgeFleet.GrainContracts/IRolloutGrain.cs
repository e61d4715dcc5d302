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
    /// <exception cref="ArgumentException">A threshold, the canary's size or the soak time is out of its range; the text names it.</exception>
    [Alias("start")]
    Task Start(RolloutSpec spec);

    /// <summary>Takes up again what a restart interrupted. Harmless at any time.</summary>
    [Alias("resume-work")]
    Task Poke();

    /// <summary>A device's report that concerns this rollout; never waits for the rollout's own calls to the device.</summary>
    [Alias("device-reported")]
    [OneWay]
    Task DeviceReported(ReportedState reported);

    /// <summary>Hands out nothing new until resumed; devices already told go on.</summary>
    /// <exception cref="InvalidOperationException">It is neither preparing nor running.</exception>
    [Alias("pause")]
    Task Pause(string remark);

    /// <summary>Goes on. Failures so far are accepted: only later ones count against the thresholds.</summary>
    /// <exception cref="InvalidOperationException">It is not paused.</exception>
    [Alias("resume")]
    Task Resume();

    /// <summary>Ends it; devices keep what they have.</summary>
    /// <exception cref="InvalidOperationException">It has ended, or rolls back.</exception>
    [Alias("cancel")]
    Task Cancel(string remark);

    /// <summary>Puts every device that it reached back on what that one had proved before.</summary>
    /// <exception cref="InvalidOperationException">It rolls back already, or it failed, was rolled back or cancelled.</exception>
    [Alias("roll-back")]
    Task RollBack(string remark);

    /// <summary>Null when no rollout has this id.</summary>
    [Alias("describe")]
    [AlwaysInterleave]
    Task<RolloutInfo?> Describe();
}
