using System.Numerics.Tensors;

namespace EdgeFleet.Compression.Quantization;

/// <summary>int8 weights with a scale per output channel.</summary>
/// <param name="Values">In the layout of the float weights.</param>
/// <param name="Scales">One per channel.</param>
internal sealed record QuantizedWeights(sbyte[] Values, float[] Scales);

/// <summary>Quantizes weights symmetrically (zero point 0), one scale per output channel.</summary>
internal static class WeightQuantizer
{
    /// <summary>As <see cref="Quantize"/>, with one scale for the whole tensor.</summary>
    /// <returns>Values, and a single scale.</returns>
    public static QuantizedWeights QuantizeWhole(ReadOnlySpan<float> weights, int limit, float leastScale) =>
        Quantize(weights, [1, weights.Length], 0, limit, _ => leastScale);

    /// <param name="weights">Row-major float32, finite.</param>
    /// <param name="dimensions">Of the weights.</param>
    /// <param name="axis">The output channels' axis.</param>
    /// <param name="limit">Largest magnitude of a quantized weight.</param>
    /// <param name="leastScale">Per channel, a scale that must not be undercut; null where there is none.</param>
    /// <returns>Values in [-limit, limit]; scale max|w_c| / limit, or 1 where the channel is all zero.</returns>
    /// <remarks>ONNX QuantizeLinear: round half to even, then saturate.</remarks>
    public static QuantizedWeights Quantize(
        ReadOnlySpan<float> weights, IReadOnlyList<long> dimensions, int axis, int limit, Func<int, float>? leastScale = null)
    {
        var channels = (int)dimensions[axis];
        var inner = 1;
        for (var i = axis + 1; i < dimensions.Count; i++)
        {
            inner = checked(inner * (int)dimensions[i]);
        }

        var largest = new float[channels];
        for (int i = 0, channel = 0; i + inner <= weights.Length; i += inner, channel = channel + 1 == channels ? 0 : channel + 1)
        {
            largest[channel] = Math.Max(largest[channel], Math.Abs(TensorPrimitives.MaxMagnitude(weights.Slice(i, inner))));
        }

        var scales = new float[channels];
        for (var c = 0; c < channels; c++)
        {
            scales[c] = Math.Max(largest[c] / limit, leastScale?.Invoke(c) ?? 0);
            scales[c] = float.IsNormal(scales[c]) ? scales[c] : 1f;
        }

        var values = new sbyte[weights.Length];
        for (int i = 0, channel = 0; i + inner <= weights.Length; i += inner, channel = channel + 1 == channels ? 0 : channel + 1)
        {
            var scale = scales[channel];
            for (var k = i; k < i + inner; k++)
            {
                values[k] = (sbyte)Math.Clamp(MathF.Round(weights[k] / scale, MidpointRounding.ToEven), -limit, limit);
            }
        }

        return new(values, scales);
    }

    /// <summary>Bias as int32 with scale s_x * s_w per channel (or of the whole tensor), so that it can be added to the integer sums.</summary>
    public static int[] QuantizeBias(ReadOnlySpan<float> bias, float inputScale, ReadOnlySpan<float> weightScales)
    {
        var values = new int[bias.Length];
        for (var c = 0; c < values.Length; c++)
        {
            var scale = (double)(inputScale * weightScales[weightScales.Length == 1 ? 0 : c]);
            values[c] = (int)Math.Clamp(Math.Round(bias[c] / scale, MidpointRounding.ToEven), int.MinValue, int.MaxValue);
        }

        return values;
    }

    /// <summary>The weight scale below which a bias would not fit into int32.</summary>
    public static float LeastScale(float bias, float inputScale) => (float)(1.0001 * Math.Abs(bias) / int.MaxValue / inputScale);
}
