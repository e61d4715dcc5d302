using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Grains.Fleet;

/// <summary>What is stored of the work under way.</summary>
public sealed class FleetState
{
    public List<RolloutId> Rollouts { get; set; } = [];

    public List<string> Productions { get; set; } = [];
}
