namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// The finest scales at which int8 weights still give the same sums on every processor. AVX2's VPMADDUBSW adds the products of two
/// neighbours, uint8 * int8 each, into 16 bits and saturates, so that 255 * (a + b) must stay within 32,767: a + b at most 128 for
/// weights of one sign. That holds with each weight within 64, as <see cref="QuantizationScheme.Reduced"/> has it, but also with one of
/// 100 beside one of 28, and large weights seldom stand together: most matrices come close to the full range of 127.
/// </summary>
/// <remarks>Kernels read inputs in fours; every pair within a four is heeded, whichever two an instruction adds.</remarks>
internal static class ExactSums
{
    /// <summary>Largest magnitude of a weight.</summary>
    public const int WeightLimit = 127;

    private const int Fours = 4;

    /// <summary>Two weights may add up to 128; rounding adds half a step to each.</summary>
    private const int PairLimit = 127;

    /// <param name="weights">[inputs, outputs], finite.</param>
    /// <param name="inputs">Numbers that are summed.</param>
    /// <param name="outputs">Sums.</param>
    /// <returns>One scale per output: none below it may be used with <see cref="WeightLimit"/>.</returns>
    public static float[] LeastScales(ReadOnlySpan<float> weights, int inputs, int outputs)
    {
        var scales = new float[outputs];
        for (var first = 0; first < inputs; first += Fours)
        {
            var last = Math.Min(first + Fours, inputs);
            for (var output = 0; output < outputs; output++)
            {
                float above = 0, nextAbove = 0, below = 0, nextBelow = 0;
                for (var input = first; input < last; input++)
                {
                    var weight = weights[(input * outputs) + output];
                    (above, nextAbove) = weight > above ? (weight, above) : (above, Math.Max(nextAbove, weight));
                    (below, nextBelow) = -weight > below ? (-weight, below) : (below, Math.Max(nextBelow, -weight));
                }

                scales[output] = Math.Max(scales[output], Math.Max(above + nextAbove, below + nextBelow) / PairLimit);
            }
        }

        return scales;
    }

    /// <summary>int8 weights of [inputs, outputs] with a scale per output, or one for all.</summary>
    public static QuantizedWeights Quantize(ReadOnlySpan<float> weights, int inputs, int outputs, bool perTensor)
    {
        var least = LeastScales(weights, inputs, outputs);
        return perTensor
            ? WeightQuantizer.QuantizeWhole(weights, WeightLimit, least.Max())
            : WeightQuantizer.Quantize(weights, [inputs, outputs], 1, WeightLimit, c => least[c]);
    }
}
