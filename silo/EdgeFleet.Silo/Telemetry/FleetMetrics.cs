using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Silo.Storage;

namespace EdgeFleet.Silo.Telemetry;

/// <summary>The silo's metrics: the fleet as projected, and what the silo itself counted.</summary>
internal sealed class FleetMetrics(FleetStore fleet, FleetCounters counters, SiloParts parts)
{
    /// <summary>Buckets per octave in a <see cref="LatencyHistogram"/>; one of them is shown.</summary>
    private const int BucketStep = 4;

    /// <summary>16 µs: below, nothing of interest happens.</summary>
    private const int FirstBucket = 16;

    public string Write()
    {
        var text = new PrometheusText();
        var devices = fleet.Devices;
        WriteSilo(text);
        WriteFleet(text, devices, fleet.Rollouts);
        WriteSeries(text, VariantSeries.Of(devices));
        return text.ToString();
    }

    private void WriteSilo(PrometheusText text)
    {
        text.Family("edgefleet_up", "gauge", "1 while the silo answers.").Sample(1);
        text.Family("edgefleet_part_ready", "gauge", "1 where a part of the silo works.");
        foreach (var (name, health) in parts.Health())
        {
            text.Sample(health.Ready ? 1 : 0, ("part", name));
        }

        text.Family("edgefleet_messages_taken_total", "counter", "Messages of devices that were taken in, by kind.");
        foreach (var (kind, count) in counters.Taken.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            text.Sample(count, ("kind", kind));
        }

        text.Family("edgefleet_messages_rejected_total", "counter", "Messages of devices that were unusable, by fault.");
        foreach (var fault in Enum.GetValues<UpFault>())
        {
            text.Sample(counters.Rejected(fault), ("fault", fault.ToString()));
        }

        text.Family("edgefleet_blob_chunks_total", "counter", "Artifact chunks published.").Sample(counters.Chunks);
        text.Family("edgefleet_blob_bytes_total", "counter", "Payload bytes of the artifact chunks published.").Sample(counters.ChunkBytes);
        text.Family("process_resident_memory_bytes", "gauge", "Resident memory of the silo.").Sample(Environment.WorkingSet);
    }

    private static void WriteFleet(PrometheusText text, IReadOnlyList<DeviceView> devices, IReadOnlyList<RolloutInfo> rollouts)
    {
        text.Family("edgefleet_devices", "gauge", "Devices by state: offline, or where an online one stands with its desired state.");
        text.Sample(devices.Count(d => !d.Online), ("state", "offline"));
        foreach (var phase in Enum.GetValues<InstallPhase>())
        {
            text.Sample(devices.Count(d => d.Online && (d.Reported?.Phase ?? InstallPhase.Idle) == phase), ("state", Lower(phase)));
        }

        text.Family("edgefleet_rollouts", "gauge", "Rollouts by status.");
        foreach (var status in Enum.GetValues<RolloutStatus>())
        {
            text.Sample(rollouts.Count(r => r.Status == status), ("status", Lower(status)));
        }
    }

    private static void WriteSeries(PrometheusText text, IReadOnlyList<VariantSeries> series)
    {
        WriteCounter(text, series, "edgefleet_inferences_total", "Answers given.", t => t.Inferences);
        WriteCounter(text, series, "edgefleet_inference_errors_total", "Inputs without an answer.", t => t.Errors);
        WriteCounter(text, series, "edgefleet_labelled_total", "Answers whose truth came along.", t => t.Labelled);
        WriteCounter(text, series, "edgefleet_correct_total", "Labelled answers that were right.", t => t.Correct);
        text.Family("edgefleet_accuracy_ratio", "gauge", "Share of labelled answers that were right.");
        foreach (var one in series)
        {
            if (one.Totals.Accuracy is { } accuracy)
            {
                text.Sample(accuracy, Labels(one));
            }
        }

        text.Family("edgefleet_inference_latency_seconds", "histogram", "Time that an answer took on the device.");
        foreach (var one in series)
        {
            WriteHistogram(text, one);
        }
    }

    private static void WriteCounter(
        PrometheusText text, IReadOnlyList<VariantSeries> series, string name, string help, Func<VariantTotals, long> value)
    {
        text.Family(name, "counter", help);
        foreach (var one in series)
        {
            text.Sample(value(one.Totals), Labels(one));
        }
    }

    private static void WriteHistogram(PrometheusText text, VariantSeries one)
    {
        var counts = one.Totals.Latency.Counts;
        var labels = Labels(one);
        long below = 0;
        for (var i = 0; i < LatencyHistogram.BucketCount - 1; i++)
        {
            below += i < counts.Count ? counts[i] : 0;
            if (i >= FirstBucket && i % BucketStep == 0)
            {
                text.Sample("_bucket", below, [.. labels, ("le", PrometheusText.Number(LatencyHistogram.BoundMs(i) / 1000))]);
            }
        }

        text.Sample("_bucket", one.Totals.Latency.Count, [.. labels, ("le", "+Inf")]);
        text.Sample("_sum", one.Totals.Latency.SumMs / 1000, labels);
        text.Sample("_count", one.Totals.Latency.Count, labels);
    }

    private static (string Name, string Value)[] Labels(VariantSeries one) =>
    [
        ("model", one.Totals.Model.Value),
        ("profile", one.Totals.Profile.Value),
        ("variant", one.Totals.Variant.Short),
        ("hardware", one.Hardware),
    ];

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
