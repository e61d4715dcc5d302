using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Devices;

namespace EdgeFleet.Cli.Output;

/// <summary>A device in words.</summary>
internal static class DeviceFacts
{
    /// <summary>Totals of what the device serves now; null before its first install.</summary>
    public static VariantTotals? Serving(DeviceView device) =>
        device.Reported?.Active is { } active ? device.Totals.FirstOrDefault(t => t.Variant == active) : null;

    public static IReadOnlyList<(string Name, string Value)> Of(DeviceView device, DateTimeOffset now)
    {
        var facts = new List<(string, string)>
        {
            ("device", device.Device.Value),
            ("online", device.Online ? "yes" : "no"),
            ("last seen", Format.Age(device.LastSeen, now)),
            ("agent", device.AgentVersion ?? "-"),
        };
        if (device.Capabilities is { } capabilities)
        {
            facts.Add(("hardware", Hardware(capabilities)));
        }

        if (device.Tags.Count > 0)
        {
            facts.Add(("tags", string.Join(", ", device.Tags.Select(t => $"{t.Key}={t.Value}"))));
        }

        facts.Add(("profile", device.ProfileReason ?? "none chosen yet"));
        if (device.Desired is { } desired)
        {
            facts.Add(("desired", $"{desired.Model} as {desired.Profile}, {Format.Bytes(desired.Variant.SizeBytes)}, generation {desired.Generation}"));
        }

        if (device.Reported is { } reported)
        {
            facts.Add(("state", $"{reported.Phase} (generation {reported.Generation})"));
            facts.Add(("serves", reported.Active is { } active ? $"{reported.ActiveModel} as {reported.ActiveProfile}, {active.Short}" : "nothing"));
            facts.Add(("received", Format.Bytes(reported.BytesReceived)));
            if (reported.Message is { } message)
            {
                facts.Add(("says", message));
            }

            if (reported.Proof is { } proof)
            {
                facts.Add(("proof", $"golden outputs off by {proof.GoldenMaxError:0.####} (tolerance {proof.GoldenTolerance:0.####}), "
                    + $"agreement {Format.Percent(proof.Agreement)} on {proof.ComparedInputs} recent inputs"));
            }
        }

        facts.AddRange(device.Totals.Select(t => (
            t.Model.Value,
            $"{t.Profile}: {Format.Count(t.Inferences)} answers, {Format.Count(t.Errors)} errors, p50 {Format.Milliseconds(t.Latency.QuantileMs(0.5))}, "
            + $"p95 {Format.Milliseconds(t.Latency.QuantileMs(0.95))}, accuracy {Format.Percent(t.Accuracy)}")));
        if (device.MessagesRejected > 0)
        {
            facts.Add(("rejected", $"{Format.Count(device.MessagesRejected)} unusable messages"));
        }

        return facts;
    }

    /// <summary>One line: <c>x64-vnni, 2 cores, 64 MiB, fp32 only</c>.</summary>
    public static string Hardware(DeviceCapabilities capabilities)
    {
        var cores = capabilities.Cores == 1 ? "1 core" : $"{capabilities.Cores} cores";
        var precisions = capabilities.Precisions.Count == 0 ? "" : $", {string.Join('/', capabilities.Precisions)} only";
        return $"{capabilities.HardwareClass}, {cores}, {Format.Bytes(capabilities.MemoryBytes)}{precisions}";
    }
}
