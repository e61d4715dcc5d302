using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Tests.Contracts;

public sealed class LatencyHistogramTests
{
    /// <summary>One bucket's relative width.</summary>
    private static readonly double Width = Math.Pow(2, 0.25);

    [Fact]
    public void Buckets_and_bounds_agree_everywhere()
    {
        for (var i = 0; i < LatencyHistogram.BucketCount - 1; i++)
        {
            var bound = LatencyHistogram.BoundMs(i);

            LatencyHistogram.BucketOf(bound).ShouldBe(i + 1);
            LatencyHistogram.BucketOf(bound * (1 - 1e-6)).ShouldBe(i);
            LatencyHistogram.BucketOf(bound * (1 + 1e-6)).ShouldBe(i + 1);
        }

        LatencyHistogram.BoundMs(LatencyHistogram.BucketCount - 1).ShouldBe(double.PositiveInfinity);
        LatencyHistogram.BoundMs(LatencyHistogram.BucketCount - 2).ShouldBeInRange(14_000, 17_000);
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(1e300, 96)]
    [InlineData(double.MaxValue, 96)]
    [InlineData(double.PositiveInfinity, 96)]
    public void Every_number_has_a_bucket(double milliseconds, int bucket) => LatencyHistogram.BucketOf(milliseconds).ShouldBe(bucket);

    [Fact]
    public void Two_histograms_added_are_the_histogram_of_both()
    {
        var random = new Random(4);
        for (var round = 0; round < 100; round++)
        {
            var a = Latencies(random, random.Next(200));
            var b = Latencies(random, random.Next(200));

            var sum = Of(a).Add(Of(b));
            var whole = Of([.. a, .. b]);

            sum.Counts.ShouldBe(whole.Counts);
            sum.Count.ShouldBe(a.Length + b.Length);
            sum.SumMs.ShouldBe(whole.SumMs, 1e-6);
            Of(b).Add(Of(a)).Counts.ShouldBe(sum.Counts);
            sum.Add(LatencyHistogram.Empty).Counts.ShouldBe(sum.Counts);
        }
    }

    [Fact]
    public void A_quantile_lies_within_one_bucket_of_the_true_one()
    {
        var random = new Random(8);
        for (var round = 0; round < 200; round++)
        {
            var latencies = Latencies(random, random.Next(1, 500));
            Array.Sort(latencies);
            foreach (var share in new[] { 0.01, 0.5, 0.95, 0.99, 1 })
            {
                var truth = latencies[Math.Max(0, (int)Math.Ceiling(share * latencies.Length) - 1)];

                Of(latencies).QuantileMs(share).ShouldBeInRange(truth / Width / 1.000001, truth * Width * 1.000001);
            }
        }
    }

    [Fact]
    public void Quantiles_rise_with_their_share_and_an_empty_histogram_has_none()
    {
        var histogram = Of(Latencies(new Random(2), 1000));
        var quantiles = Enumerable.Range(0, 101).Select(p => histogram.QuantileMs(p / 100.0)).ToArray();

        quantiles.ShouldBe(quantiles.Order());
        LatencyHistogram.Empty.QuantileMs(0.5).ShouldBe(double.NaN);
    }

    private static double[] Latencies(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => 0.002 * Math.Pow(10, random.NextDouble() * 6))];

    private static LatencyHistogram Of(IReadOnlyCollection<double> latencies)
    {
        var counts = new long[LatencyHistogram.BucketCount];
        foreach (var latency in latencies)
        {
            counts[LatencyHistogram.BucketOf(latency)]++;
        }

        var length = Array.FindLastIndex(counts, c => c > 0) + 1;
        return new LatencyHistogram(counts[..length], latencies.Sum());
    }
}
