using System.Globalization;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>How a wave stands. Completed = succeeded + failed; all others wait, the unreachable among them.</summary>
/// <param name="Wave">0 is the canary.</param>
/// <param name="Devices">Devices that take part in this wave.</param>
public readonly record struct WaveTally(int Wave, int Devices, int Succeeded, int Failed)
{
    public int Completed => Succeeded + Failed;
}

/// <summary>What to do with an open wave.</summary>
public abstract record RolloutDecision
{
    private RolloutDecision()
    {
    }

    /// <summary>The wave holds: open the next, or end.</summary>
    public sealed record Advance : RolloutDecision;

    /// <summary>Devices are still on their way.</summary>
    public sealed record Wait : RolloutDecision;

    /// <summary>Hand out nothing more.</summary>
    public sealed record Pause(string Reason) : RolloutDecision;

    /// <summary>Put everybody back.</summary>
    public sealed record RollBack(string Reason) : RolloutDecision;
}

/// <summary>Decides on an open wave. Pure.</summary>
/// <remarks>
/// Thresholds are shares of *completed* devices. The error gate speaks as soon as it can't be a small-numbers accident: when the wave is the
/// canary, when at least <see cref="MinimumCompleted"/> completed, or when the failures exceed the threshold of the whole wave, so that no
/// later success could mend it. A wave that completed below its success threshold never advances, whatever its errors. A wave advances before
/// all its devices completed only when both thresholds hold whatever the rest will say: so a success threshold of 0.9 with an error threshold of
/// 0.1 lets one device in ten be away.
/// A threshold that is no share in [0, 1] can't be evaluated, and counts as failed.
/// </remarks>
public static class RolloutPolicy
{
    /// <summary>Completed devices from which on the error share of an unfinished wave counts.</summary>
    public const int MinimumCompleted = 10;

    public static RolloutDecision Decide(RolloutSpec spec, WaveTally tally)
    {
        if (!IsShare(spec.ErrorThreshold) || !IsShare(spec.SuccessThreshold))
        {
            return Act(spec, string.Create(CultureInfo.InvariantCulture,
                $"thresholds can't be evaluated: success {spec.SuccessThreshold}, error {spec.ErrorThreshold}"));
        }

        var finished = tally.Completed >= tally.Devices;
        if (tally.Failed > 0 && tally.Failed > spec.ErrorThreshold * tally.Completed)
        {
            var speaks = finished || tally.Wave == 0 || tally.Completed >= MinimumCompleted || tally.Failed > spec.ErrorThreshold * tally.Devices;
            if (speaks)
            {
                return Act(spec, $"wave {tally.Wave + 1}: {tally.Failed} of {tally.Completed} completed devices failed, allowed {Percent(spec.ErrorThreshold)}");
            }
        }

        if (!finished)
        {
            var decided = tally.Succeeded > 0
                && tally.Succeeded >= spec.SuccessThreshold * tally.Devices
                && tally.Devices - tally.Succeeded <= spec.ErrorThreshold * tally.Devices;
            return decided ? new RolloutDecision.Advance() : new RolloutDecision.Wait();
        }

        return tally.Completed > 0 && tally.Succeeded < spec.SuccessThreshold * tally.Completed
            ? Act(spec, $"wave {tally.Wave + 1}: only {tally.Succeeded} of {tally.Completed} devices proved it, needed {Percent(spec.SuccessThreshold)}")
            : new RolloutDecision.Advance();
    }

    private static RolloutDecision Act(RolloutSpec spec, string reason) =>
        spec.OnError == ErrorAction.Pause ? new RolloutDecision.Pause(reason) : new RolloutDecision.RollBack(reason);

    private static bool IsShare(double value) => value is >= 0 and <= 1;

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
