using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Quantization;

namespace EdgeFleet.Tests.Compression.Quantization;

public sealed class QuantizerTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(127)]
    public void Every_weight_comes_back_within_half_a_scale(int limit)
    {
        var tensor = TestModels.Random("w", 5, 3, 7);
        var weights = TensorContent.Floats(tensor).ToArray();
        for (var axis = 0; axis < 3; axis++)
        {
            var quantized = WeightQuantizer.Quantize(weights, tensor.Dimensions, axis, limit);
            var inner = (int)tensor.Dimensions.Skip(axis + 1).Aggregate(1L, (product, dimension) => product * dimension);
            for (var i = 0; i < weights.Length; i++)
            {
                var scale = quantized.Scales[i / inner % quantized.Scales.Length];
                Math.Abs((int)quantized.Values[i]).ShouldBeLessThanOrEqualTo(limit);
                Math.Abs(weights[i] - (quantized.Values[i] * scale)).ShouldBeLessThanOrEqualTo((scale / 2) + 1e-6f);
            }
        }
    }

    [Fact]
    public void One_scale_for_a_whole_tensor_is_that_of_its_largest_weight()
    {
        var quantized = WeightQuantizer.QuantizeWhole([1, -2, 0.5f, 4], 64, 0);
        quantized.Scales.ShouldBe([4f / 64]);
        quantized.Values.ShouldBe([16, -32, 8, 64]);
        WeightQuantizer.QuantizeBias([1, 2, 3], 0.5f, quantized.Scales).ShouldBe([32, 64, 96]);
    }

    [Fact]
    public void A_channel_of_zeros_has_scale_1() =>
        WeightQuantizer.Quantize([0, 0, 1, 2], [2, 2], 0, 127).Scales.ShouldBe([1f, 2f / 127]);

    [Theory]
    [InlineData(0f, 255f, 1f, 0)]
    [InlineData(-128f, 127f, 1f, 128)]
    [InlineData(5f, 255f, 1f, 0)]
    [InlineData(-255f, -5f, 1f, 255)]
    [InlineData(0f, 0f, 1f, 0)]
    public void A_range_is_widened_to_hold_zero(float min, float max, float scale, int zeroPoint) =>
        ActivationQuantizer.Of(new ValueRange(min, max), OnnxElementType.UInt8).ShouldBe(new ActivationParameters(scale, zeroPoint));

    [Fact]
    public void Signed_activations_start_at_minus_128() =>
        ActivationQuantizer.Of(new ValueRange(0, 255), OnnxElementType.Int8).ShouldBe(new ActivationParameters(1, -128));

    [Fact]
    public void A_large_bias_raises_the_weight_scale_until_it_fits()
    {
        var least = WeightQuantizer.LeastScale(1e6f, 1e-6f);
        var bias = WeightQuantizer.QuantizeBias([1e6f], 1e-6f, [least]);
        bias[0].ShouldBeLessThan(int.MaxValue);
        ((double)bias[0] * least * 1e-6).ShouldBe(1e6, 1e3);
    }
}
