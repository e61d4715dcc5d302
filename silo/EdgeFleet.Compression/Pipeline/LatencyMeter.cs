using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Compares the latency of two models on one thread, one sample at a time, runs interleaved so that noise meets both.</summary>
internal sealed class LatencyMeter(IModelRunner runner, TimeProvider time)
{
    private const int WarmUps = 5;

    /// <returns>Medians in milliseconds; zeros where <paramref name="runs"/> is 0.</returns>
    public (double FirstMs, double SecondMs) Interleaved(
        ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, SampleFeed feed, int runs, CancellationToken cancellationToken)
    {
        if (runs == 0)
        {
            return (0, 0);
        }

        using var a = runner.Load(first, new ModelSessionOptions());
        using var b = runner.Load(second, new ModelSessionOptions());
        var single = feed.IsFreeBatch ? 1 : feed.BatchSize;
        var samples = Enumerable.Range(0, Math.Min(16, feed.Count / single)).Select(i => feed.Batch(i * single, single)).ToList();
        var (firstMs, secondMs) = (new double[runs], new double[runs]);
        for (var i = -WarmUps; i < runs; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var inputs = samples[(i + WarmUps) % samples.Count];
            var begun = time.GetTimestamp();
            a.Run(inputs, [], cancellationToken);
            var between = time.GetTimestamp();
            b.Run(inputs, [], cancellationToken);
            var ended = time.GetTimestamp();
            if (i >= 0)
            {
                firstMs[i] = time.GetElapsedTime(begun, between).TotalMilliseconds;
                secondMs[i] = time.GetElapsedTime(between, ended).TotalMilliseconds;
            }
        }

        Array.Sort(firstMs);
        Array.Sort(secondMs);
        return (firstMs[runs / 2], secondMs[runs / 2]);
    }
}
