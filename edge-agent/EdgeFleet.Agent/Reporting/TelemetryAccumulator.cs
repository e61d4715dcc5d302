using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Agent.Reporting;

/// <summary>Counts what each variant does until the period ends. Safe for concurrent callers.</summary>
internal sealed class TelemetryAccumulator(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Sha256Digest, Counts> _counts = [];
    private DateTimeOffset _from = time.GetUtcNow();
    private long _total;
    private long _handedOver;

    /// <summary>Answers since the process began.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <param name="correct">Null where the sample had no label.</param>
    public void CountAnswer(InstalledVariant variant, TimeSpan latency, bool? correct)
    {
        Interlocked.Increment(ref _total);
        var ms = latency.TotalMilliseconds;
        lock (_gate)
        {
            var c = For(variant);
            c.Inferences++;
            c.Buckets[LatencyHistogram.BucketOf(ms)]++;
            c.SumMs += ms;
            c.Labelled += correct is null ? 0 : 1;
            c.Correct += correct == true ? 1 : 0;
        }
    }

    public void CountError(InstalledVariant variant)
    {
        lock (_gate)
        {
            For(variant).Errors++;
        }
    }

    /// <summary>Hands over the period's counts through <paramref name="keep"/> and begins a new one. If that throws, the counts stay and the period goes on.</summary>
    /// <returns>Batches handed over; sender and numbers are the outbox's business.</returns>
    public int Drain(Action<IReadOnlyList<TelemetryBatch>> keep)
    {
        lock (_gate)
        {
            var to = time.GetUtcNow();
            var batches = _counts.Values.Select(c => c.ToBatch(_from, to)).ToList();
            if (batches.Count > 0)
            {
                keep(batches);
                _handedOver += batches.Sum(b => b.Inferences);
                _counts.Clear();
            }

            _from = to;
            return batches.Count;
        }
    }

    /// <summary>Answers in all batches that were handed over, with the number that the last of them got.</summary>
    /// <param name="lastSequence">Read while nothing can be handed over, so that both belong together.</param>
    public (long Inferences, long Sequence) HandedOver(Func<long> lastSequence)
    {
        lock (_gate)
        {
            return (_handedOver, lastSequence());
        }
    }

    private Counts For(InstalledVariant variant)
    {
        if (!_counts.TryGetValue(variant.Variant.Sha256, out var counts))
        {
            _counts[variant.Variant.Sha256] = counts = new Counts(variant);
        }

        return counts;
    }

    private sealed class Counts(InstalledVariant variant)
    {
        public long[] Buckets { get; } = new long[LatencyHistogram.BucketCount];

        public double SumMs { get; set; }

        public long Inferences { get; set; }

        public long Errors { get; set; }

        public long Labelled { get; set; }

        public long Correct { get; set; }

        public TelemetryBatch ToBatch(DateTimeOffset from, DateTimeOffset to)
        {
            var used = Array.FindLastIndex(Buckets, b => b > 0) + 1;
            return new TelemetryBatch(
                default,
                default,
                0,
                from,
                to,
                variant.Variant.Sha256,
                variant.Model,
                variant.Profile,
                Inferences,
                Errors,
                Labelled,
                Correct,
                new LatencyHistogram(Buckets[..used], SumMs));
        }
    }
}
