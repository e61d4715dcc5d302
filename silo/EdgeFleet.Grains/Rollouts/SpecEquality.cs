using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>Whether two specifications ask for the same. (A record compares its lists by reference.)</summary>
internal static class SpecEquality
{
    public static bool Same(RolloutSpec a, RolloutSpec b) =>
        a with { Devices = b.Devices, Tags = b.Tags, Profiles = b.Profiles } == b
        && a.Devices.SequenceEqual(b.Devices)
        && a.Profiles.SequenceEqual(b.Profiles)
        && a.Tags.Count == b.Tags.Count
        && a.Tags.All(t => b.Tags.TryGetValue(t.Key, out var value) && value == t.Value);
}
