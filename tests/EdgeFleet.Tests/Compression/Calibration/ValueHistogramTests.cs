using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class ValueHistogramTests
{
    [Fact]
    public void Every_value_is_in_the_bin_around_it()
    {
        float[] values = [-1e30f, -3, -1e-20f, 0, -0f, 1e-40f, 0.1f, 1, 1.5f, 3e38f, float.MaxValue];
        var distribution = ActivationSamples.Distribution(values);
        distribution.Count.ShouldBe(values.Length);
        distribution.Min.ShouldBe(-1e30f);
        distribution.Max.ShouldBe(float.MaxValue);
        foreach (var value in values.Where(v => Math.Abs(v) > 1e-38f))
        {
            distribution.Bins.ShouldContain(b => b.Low <= value && value <= b.High && b.High - b.Low <= Math.Abs(value) / 255d);
        }
    }

    [Fact]
    public void Bins_ascend_without_overlap()
    {
        foreach (var kind in ActivationSamples.Kinds)
        {
            var bins = ActivationSamples.Distribution(ActivationSamples.Of(kind)).Bins;
            bins.Zip(bins.Skip(1)).All(b => b.First.High <= b.Second.Low && b.First.Low < b.Second.High).ShouldBeTrue(kind);
        }
    }

    [Fact]
    public void The_order_in_which_values_come_does_not_matter()
    {
        var values = ActivationSamples.Of("heavy");
        var (once, bits) = (new ValueHistogram(), new ValueHistogram());
        once.Add(values).ShouldBeTrue();
        foreach (var part in values.Reverse().Chunk(777))
        {
            bits.Add(part).ShouldBeTrue();
        }

        bits.ToDistribution().Bins.ShouldBe(once.ToDistribution().Bins);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_seen(float bad) => new ValueHistogram().Add([1, bad, 2]).ShouldBeFalse();

    [Fact]
    public void More_values_take_no_more_memory()
    {
        var histogram = new ValueHistogram();
        histogram.Add(ActivationSamples.Of("normal")).ShouldBeTrue();
        var bytes = histogram.Bytes;
        var values = ActivationSamples.Of("normal");
        for (var i = 0; i < 100; i++)
        {
            histogram.Add(values).ShouldBeTrue();
        }

        histogram.Count.ShouldBe(101 * 20_000);
        histogram.Bytes.ShouldBe(bytes);
        bytes.ShouldBeLessThan(100_000);
    }

    [Fact]
    public void Values_of_every_magnitude_take_a_megabyte_at_most()
    {
        var histogram = new ValueHistogram();
        for (var exponent = 0; exponent < 255; exponent++)
        {
            var value = BitConverter.Int32BitsToSingle(exponent << 23);
            histogram.Add([value, -value]).ShouldBeTrue();
        }

        histogram.Bytes.ShouldBeLessThanOrEqualTo(1 << 20);
    }

    [Fact]
    public void Without_values_a_distribution_is_empty_and_its_range_is_zero()
    {
        new ValueHistogram().ToDistribution().IsEmpty.ShouldBeTrue();
        new ValueHistogram().ToDistribution().Range.ShouldBe(new ValueRange(0, 0));
        new ValueHistogram().Add([]).ShouldBeTrue();
    }

    [Fact]
    public void Bins_of_equal_width_hold_what_lies_in_them()
    {
        float[] values = [.. ActivationSamples.Of("normal").Select(v => Math.Clamp(v, -2, 1.999f))];
        var linear = ActivationSamples.Distribution(values).Linear(-2, 2, 16);
        linear.Sum().ShouldBe(values.Length, 1e-6);
        for (var i = 0; i < linear.Length; i++)
        {
            linear[i].ShouldBe(values.Count(v => (int)((v + 2) * 4) == i), 30);
        }
    }
}
