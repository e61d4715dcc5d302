using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Quantization.WeightOnly;

namespace EdgeFleet.Tests.Compression.Quantization.WeightOnly;

public sealed class BlockRoundingTests
{
    [Theory]
    [InlineData(8, 32, true)]
    [InlineData(8, 50, false)]
    [InlineData(4, 16, true)]
    [InlineData(4, 32, false)]
    public void Every_weight_is_at_the_level_nearest_to_it(int bits, int block, bool symmetric)
    {
        var weights = TensorContent.Floats(TestModels.Random("w", 7, 50)).ToArray();
        var rounded = NearestRounding.Round(weights, 7, 50, new(bits, block, symmetric, false));
        for (var i = 0; i < weights.Length; i++)
        {
            var at = (i / 50 * rounded.Blocks) + (i % 50 / block);
            var off = weights[i] - rounded.At(i / 50, i % 50);
            var saturated = rounded.Levels[i] == 0 || rounded.Levels[i] == rounded.Grid.Top;
            (Math.Abs(off) <= (Math.Abs(rounded.Scales[at]) / 2) + 1e-6f || saturated).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fitted_scales_of_4_bits_are_closer_than_those_of_the_whole_range(bool symmetric)
    {
        var weights = TensorContent.Floats(TestModels.Random("weights", 40, 32)).ToArray();
        weights[5] = 4;
        var rounded = NearestRounding.Round(weights, 40, 32, new(4, 32, symmetric, false)).ToFloats();
        double fitted = 0, whole = 0;
        for (var row = 0; row < 40; row++)
        {
            var part = weights.AsSpan(row * 32, 32);
            float low = 0, high = 0;
            foreach (var weight in part)
            {
                (low, high) = (Math.Min(low, weight), Math.Max(high, weight));
            }

            var scale = symmetric ? Math.Max(-low, high) / 7 : (high - low) / 15;
            for (var i = 0; i < 32; i++)
            {
                whole += Math.Pow(part[i] - (MathF.Round(part[i] / scale) * scale), 2);
                fitted += Math.Pow(part[i] - rounded[(row * 32) + i], 2);
            }
        }

        fitted.ShouldBeLessThan(whole * 0.95);
    }

    [Fact]
    public void The_side_that_reaches_farther_gets_the_extra_level() =>
        NearestRounding.Round(new float[] { -3, 8, 0, 1 }, 1, 4, new(4, 16, true, false)).ToFloats().ShouldBe([-3, 8, 0, 1]);

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Weights_that_are_all_zero_stay_so(int bits) =>
        NearestRounding.Round(new float[64], 2, 32, new(bits, 16, true, true)).ToFloats().ShouldAllBe(w => w == 0);

    [Fact]
    public void Scales_that_float16_cannot_hold_stay_float32()
    {
        var grid = new BlockGrid(8, 32, true, true);
        grid.Storable(0.1).ShouldBe((float)(Half)0.1f);
        grid.Storable(1e-6).ShouldBe(1e-6f);
        grid.Storable(1e6).ShouldBe(1e6f);
        grid.Storable(0).ShouldBe(1);
        BlockGrid.AreHalves([0.1f]).ShouldBeFalse();
        BlockGrid.AreHalves([(float)(Half)0.1f, 0]).ShouldBeTrue();
        BlockGrid.AreHalves([1e-6f]).ShouldBeFalse();
    }
}
