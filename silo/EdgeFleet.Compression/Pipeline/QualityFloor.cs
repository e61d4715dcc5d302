namespace EdgeFleet.Compression.Pipeline;

/// <summary>Decides whether a variant may be handed out.</summary>
internal static class QualityFloor
{
    /// <summary>On made-up samples classes are often decided by a hair, so there the outputs' direction decides.</summary>
    private const double SyntheticCosine = 0.98;

    /// <returns>Null where the variant may be handed out, else the reason in words.</returns>
    public static string? ReasonToRefuse(QualityMeasurement quality)
    {
        if (quality.Synthetic)
        {
            return quality.Cosine >= SyntheticCosine ? null
                : FormattableString.Invariant($"On {quality.Samples} made-up samples the outputs' cosine with the original's is {quality.Cosine:0.0000}, below {SyntheticCosine}.");
        }

        return quality.Top1Agreement >= quality.Floor ? null
            : FormattableString.Invariant($"Agrees with the original on {quality.Top1Agreement:0.0000} of {quality.Samples} samples, below the floor of {quality.Floor}.");
    }
}
