namespace EdgeFleet.Compression.Recovery;

/// <summary>What quantizing one layer costs.</summary>
/// <param name="Layer">The layer's output, as <see cref="Pipeline.CompressionRecipe.KeepFloat"/> names layers.</param>
/// <param name="Operator">Conv, Gemm or MatMul.</param>
/// <param name="NoiseToSignal">Noise over signal at the model's outputs when this layer alone is quantized.</param>
/// <param name="ExtraBytes">Bytes by which the model grows when the layer stays float.</param>
/// <param name="Measured">False where time ran out: then the noise is the layer's own, which is an estimate.</param>
public sealed record LayerSensitivity(string Layer, string Operator, double NoiseToSignal, long ExtraBytes, bool Measured)
{
    /// <summary>The same in decibels; higher is better.</summary>
    public double SqnrDb => NoiseToSignal <= 0 ? ErrorSum.MostDb : Math.Clamp(-10 * Math.Log10(NoiseToSignal), -ErrorSum.MostDb, ErrorSum.MostDb);
}
