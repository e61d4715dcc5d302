using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Grains.Devices;

/// <summary>Counts telemetry, each batch once. Pure.</summary>
internal static class DeviceTelemetry
{
    /// <summary>Variants whose totals are kept; the one that served longest ago goes first.</summary>
    public const int MaxVariants = 16;

    /// <summary>What one batch may count at most: above it a number is an attack, and a sum could overflow.</summary>
    public const long MaxCount = 1L << 40;

    /// <summary>True when the batch is the next one and is now counted; false when it is old, doubled or comes after a gap.</summary>
    public static bool Apply(DeviceState state, TelemetryBatch batch)
    {
        if (batch.Sequence != state.TelemetryUpTo + 1 || !IsPossible(batch))
        {
            return false;
        }

        state.TelemetryUpTo = batch.Sequence;
        var at = state.Totals.FindIndex(t => t.Variant == batch.Variant);
        var totals = at >= 0
            ? state.Totals[at]
            : new VariantTotals(batch.Variant, batch.Model, batch.Profile, 0, 0, 0, 0, LatencyHistogram.Empty);
        if (at >= 0)
        {
            state.Totals.RemoveAt(at);
        }

        state.Totals.Add(totals.Add(batch));
        if (state.Totals.Count > MaxVariants)
        {
            state.Totals.RemoveAt(0);
        }

        return true;
    }

    /// <summary>Counts are not negative and fit each other.</summary>
    public static bool IsPossible(TelemetryBatch batch) =>
        batch is { Inferences: >= 0 and <= MaxCount, Errors: >= 0 and <= MaxCount, Correct: >= 0 }
        && batch.Correct <= batch.Labelled
        && batch.Labelled <= batch.Inferences
        && batch.Latency.Counts.Count <= LatencyHistogram.BucketCount
        && batch.Latency.Counts.All(c => c is >= 0 and <= MaxCount)
        && double.IsFinite(batch.Latency.SumMs)
        && batch.Latency.SumMs >= 0;
}
