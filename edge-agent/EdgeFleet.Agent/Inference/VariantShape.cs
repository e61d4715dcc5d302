using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Agent.Inference;

/// <summary>What goes in and comes out for one sample.</summary>
/// <param name="Input">Dimensions of the one input, batch 1.</param>
/// <param name="SampleLength">Values per sample.</param>
/// <param name="Output">Dimensions of the first output for batch 1; null where the model does not fix them.</param>
internal sealed record VariantShape(long[] Input, int SampleLength, long[]? Output)
{
    private const long MaxSampleLength = 64L << 20;

    /// <exception cref="VariantException">The model does not take one float tensor of fixed sample size, or gives no float tensor first.</exception>
    public static VariantShape Of(OrtSession session)
    {
        if (session.Inputs is not [{ Kind: OrtValueKind.Tensor, ElementType: OrtElementType.Float } input])
        {
            throw new VariantException($"The model must take one float tensor; it takes {string.Join(", ", session.Inputs)}.");
        }

        if (session.Outputs is not [{ Kind: OrtValueKind.Tensor, ElementType: OrtElementType.Float } output, ..])
        {
            throw new VariantException($"The model's first output must be a float tensor; it gives {string.Join(", ", session.Outputs)}.");
        }

        long length = 1;
        foreach (var dimension in input.Dimensions.Skip(1))
        {
            length = dimension is > 0 and <= MaxSampleLength && length <= MaxSampleLength / dimension ? length * dimension : 0;
        }

        if (input.Dimensions is not [-1 or 1, ..] || length == 0)
        {
            throw new VariantException($"The model's input must be a batch of samples of fixed size; it is {input}.");
        }

        var result = WithBatchOfOne(output.Dimensions);
        return new VariantShape(WithBatchOfOne(input.Dimensions)!, (int)length, result);
    }

    private static long[]? WithBatchOfOne(IReadOnlyList<long> dimensions) =>
        dimensions.Count > 0 && dimensions.Skip(1).All(dimension => dimension > 0) ? [1, .. dimensions.Skip(1)] : null;
}
