using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>A device as the planner sees it.</summary>
/// <param name="HardwareClass">The class in which devices are compared.</param>
/// <param name="Online">Whether it can answer now.</param>
/// <param name="Serving">Whether it serves a variant already, so that old and new can be compared on it.</param>
public sealed record WaveCandidate(DeviceId Device, string HardwareClass, CompressionProfile Profile, bool Online, bool Serving);

/// <summary>Deals devices into waves: a canary, then the rest. Pure and deterministic.</summary>
public static class WavePlanner
{
    /// <summary>Assigns each device its wave, 0 being the canary.</summary>
    /// <remarks>
    /// The canary takes devices that are online and serve something before those that don't, and covers as many distinct
    /// (hardware class, profile) pairs as it has places before it takes a second device of any; ties go by id.
    /// </remarks>
    /// <param name="candidates">Each device once.</param>
    /// <param name="canaryDevices">Places in the canary; at least 1. When it takes all, there is one wave.</param>
    public static IReadOnlyDictionary<DeviceId, int> Plan(IReadOnlyCollection<WaveCandidate> candidates, int canaryDevices)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(canaryDevices, 1);
        var ordered = candidates
            .GroupBy(c => (c.HardwareClass, c.Profile))
            .SelectMany(g => Rank(g).Select((c, place) => (Candidate: c, Place: place)))
            .OrderBy(x => x.Place)
            .ThenByDescending(x => x.Candidate is { Online: true, Serving: true })
            .ThenByDescending(x => x.Candidate.Online)
            .ThenBy(x => x.Candidate.Device.Value, StringComparer.Ordinal)
            .Select(x => x.Candidate.Device)
            .ToList();
        return ordered.Select((device, i) => (device, wave: i < canaryDevices ? 0 : 1)).ToDictionary(x => x.device, x => x.wave);
    }

    private static IEnumerable<WaveCandidate> Rank(IEnumerable<WaveCandidate> group) => group
        .OrderByDescending(c => c is { Online: true, Serving: true })
        .ThenByDescending(c => c.Online)
        .ThenBy(c => c.Device.Value, StringComparer.Ordinal);
}
