using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class RangeChoiceTests
{
    public static TheoryData<string> Kinds => [.. ActivationSamples.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_range_of_least_square_error_is_never_worse_than_min_max_and_as_good_as_trying_every_one(string kind)
    {
        var values = ActivationSamples.Of(kind);
        var distribution = ActivationSamples.Distribution(values);
        var chosen = ActivationSamples.SquareError(values, MseRange.Choose(distribution, 256));
        chosen.ShouldBeLessThanOrEqualTo(ActivationSamples.SquareError(values, distribution.Range));
        var (min, max) = (Math.Min(values.Min(), 0), Math.Max(values.Max(), 0));
        var naive = Enumerable.Range(1, 100).Min(i => ActivationSamples.SquareError(values, new(min * i / 100, max * i / 100)));
        chosen.ShouldBeLessThanOrEqualTo(naive * 1.02);
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("shifted")]
    [InlineData("relu")]
    [InlineData("heavy")]
    [InlineData("negative")]
    public void The_error_over_bins_is_that_of_the_values(string kind)
    {
        var values = ActivationSamples.Of(kind);
        var distribution = ActivationSamples.Distribution(values);
        foreach (var share in new[] { 1f, 0.7f, 0.4f })
        {
            var (low, high) = (Math.Min(values.Min(), 0) * share, Math.Max(values.Max(), 0) * share);
            var exact = ActivationSamples.SquareError(values, new(low, high));
            MseRange.Error(distribution, low, high, 256).ShouldBe(exact, exact * 0.03);
        }
    }

    [Fact]
    public void A_few_far_values_are_cut_where_the_many_gain_more()
    {
        var random = new Random(5);
        float[] values = [3, .. Enumerable.Range(0, 1_000_000).Select(_ => (2 * random.NextSingle()) - 1)];
        var range = MseRange.Choose(ActivationSamples.Distribution(values), 256);
        range.Max.ShouldBeInRange(0.9f, 1.3f);
        ActivationSamples.SquareError(values, range).ShouldBeLessThan(0.6 * ActivationSamples.SquareError(values, new(-1, 3)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Percentiles_cut_both_ends_by_their_own_values(string kind)
    {
        var values = ActivationSamples.Of(kind);
        var range = PercentileRange.Choose(ActivationSamples.Distribution(values), 99);
        var sorted = values.Order().ToArray();
        var oneSided = sorted[0] >= 0 || sorted[^1] <= 0;
        var outside = oneSided ? 200 : 100;
        var (low, high) = (sorted[0] >= 0 ? sorted[0] : sorted[outside], sorted[^1] <= 0 ? sorted[^1] : sorted[^(outside + 1)]);
        range.Min.ShouldBe(low, (Math.Abs(low) / 100) + 1e-9);
        range.Max.ShouldBe(high, (Math.Abs(high) / 100) + 1e-9);
    }

    [Fact]
    public void A_share_below_one_value_cuts_nothing()
    {
        var values = ActivationSamples.Of("normal");
        PercentileRange.Choose(ActivationSamples.Distribution(values), 99.999).ShouldBe(new(values.Min(), values.Max()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_range_of_least_divergence_is_the_one_found_by_trying_every_one_on_the_values(string kind)
    {
        var values = ActivationSamples.Of(kind, 100_000);
        var range = EntropyRange.Choose(ActivationSamples.Distribution(values), 256);
        var ours = Math.Max(Math.Abs(range.Min), Math.Abs(range.Max));
        var reach = Math.Min(values.Max(Math.Abs), 4 * values.Select(Math.Abs).Order().ElementAt(99_900));
        var naive = new NaiveEntropy(values, reach);
        naive.Divergence(ours).ShouldBeLessThanOrEqualTo((1.1 * Enumerable.Range(1, 128).Min(i => naive.Divergence(reach * i / 128))) + 1e-4);
    }

    [Fact]
    public void Divergence_is_that_of_the_formula()
    {
        double[] histogram = [5, 0, 3, 2, 0, 0, 4, 8, 1, 0, 2, 2];
        foreach (var (first, last, levels) in new[] { (0, 12, 4), (2, 10, 4), (4, 12, 3), (0, 7, 3) })
        {
            EntropyRange.Divergence(histogram, first, last, levels).ShouldBe(NaiveEntropy.Divergence(histogram, first, last, levels), 1e-12);
        }
    }

    [Fact]
    public void More_than_one_candidate_is_tried_so_that_a_long_tail_is_cut() =>
        EntropyRange.Choose(ActivationSamples.Distribution(ActivationSamples.Of("heavy")), 256).Max
            .ShouldBeLessThan(ActivationSamples.Of("heavy").Max() * 0.9f);

    [Fact]
    public void An_outlier_a_million_times_larger_hides_nothing_from_entropy_and_percentiles()
    {
        var distribution = ActivationSamples.Distribution(ActivationSamples.Of("outlier"));
        EntropyRange.Choose(distribution, 256).Max.ShouldBeInRange(2, 14);
        PercentileRange.Choose(distribution, 99.98).Max.ShouldBeInRange(2, 5);
    }

    [Theory]
    [InlineData(CalibrationMethod.MinMax)]
    [InlineData(CalibrationMethod.Percentile)]
    [InlineData(CalibrationMethod.Entropy)]
    [InlineData(CalibrationMethod.Mse)]
    public void Every_method_copes_with_constants_and_stays_within_what_was_seen(CalibrationMethod method)
    {
        var settings = new CalibrationSettings { Method = method, Percentile = 99 };
        foreach (var values in new float[][] { [0, 0, 0], [3, 3], [-2], [1e-42f, 1e-42f], [-1e30f, 1e30f], [float.MinValue, float.MaxValue], [1, 1, 1, 2] })
        {
            var range = Calibrator.Choose(ActivationSamples.Distribution(values), settings);
            range.Min.ShouldBeGreaterThanOrEqualTo(Math.Min(0, values.Min()));
            range.Max.ShouldBeLessThanOrEqualTo(Math.Max(0, values.Max()));
        }

        Calibrator.Choose(ActivationSamples.Distribution(3, 3), settings).ShouldBe(new(3, 3));
        foreach (var kind in new[] { "relu", "pixels" })
        {
            Calibrator.Choose(ActivationSamples.Distribution(ActivationSamples.Of(kind)), settings).Min.ShouldBe(0);
        }

        Calibrator.Choose(ActivationSamples.Distribution(ActivationSamples.Of("negative")), settings).Max.ShouldBe(0, 1e-3);
    }

    /// <summary>The definition, written as it is read.</summary>
    private sealed class NaiveEntropy
    {
        private readonly double[] _histogram = new double[8192];
        private readonly double _from;
        private readonly double _width;

        public NaiveEntropy(float[] values, double reach)
        {
            _from = Math.Min(0, Math.Max(values.Min(), -reach));
            _width = (Math.Max(0, Math.Min(values.Max(), reach)) - _from) / 8192;
            foreach (var value in values.Where(v => v != 0))
            {
                _histogram[(int)Math.Clamp(Math.Floor((value - _from) / _width), 0, 8191)]++;
            }
        }

        public double Divergence(double threshold)
        {
            var (origin, bins) = ((int)Math.Round(-_from / _width), (int)Math.Round(threshold / _width));
            var (first, last) = (Math.Max(0, origin - bins), Math.Min(8192, origin + bins));
            return last - first < 16 * 256 ? double.PositiveInfinity : Divergence(_histogram, first, last, 256);
        }

        public static double Divergence(double[] histogram, int first, int last, int levels)
        {
            var p = histogram[first..last];
            var q = new double[p.Length];
            p[0] += histogram[..first].Sum();
            p[^1] += histogram[last..].Sum();
            foreach (var bins in Enumerable.Range(0, levels).Select(g => Enumerable.Range(0, p.Length).Take((g * p.Length / levels)..((g + 1) * p.Length / levels)).ToList()))
            {
                var mean = bins.Sum(i => histogram[first + i]) / Math.Max(1, bins.Count(i => p[i] > 0));
                bins.Where(i => p[i] > 0).ToList().ForEach(i => q[i] = mean);
            }

            var (pSum, qSum) = (p.Sum(), histogram[first..last].Sum());
            return qSum == 0 ? double.PositiveInfinity
                : Enumerable.Range(0, p.Length).Where(i => p[i] > 0).Sum(i => p[i] / pSum * Math.Log(p[i] / pSum / (Math.Max(q[i], 1e-4) / qSum)));
        }
    }
}
