namespace EdgeFleet.Compression.Recovery;

/// <summary>How a variant's layers differ from those of the float model, both executed on the same samples.</summary>
/// <param name="Samples">Samples compared.</param>
/// <param name="Layers">In the order of the graph; layers whose results the variant no longer has are left out.</param>
public sealed record LayerErrorReport(int Samples, IReadOnlyList<LayerError> Layers)
{
    /// <summary>The layer whose result is furthest from the float model's; null where there is none.</summary>
    public LayerError? Worst => Layers.MinBy(l => l.SqnrDb);

    /// <summary>The layer that loses most by itself, given inputs that already differ; null where none could be measured alone.</summary>
    public LayerError? WorstAlone => Layers.Where(l => l.AloneSqnrDb is not null).MinBy(l => l.AloneSqnrDb);
}

/// <summary>One layer's result in the variant against the float model's.</summary>
/// <param name="Value">The value compared, as the float model names it: the layer's output, or that of the bias or activation fused into it.</param>
/// <param name="Layer">The layer's own output, as <see cref="Pipeline.CompressionRecipe.KeepFloat"/> names layers.</param>
/// <param name="Operator">Conv, ConvTranspose, Gemm, MatMul, LSTM or GRU.</param>
/// <param name="SqnrDb">Signal over noise in decibels, all errors of earlier layers included; 200 where nothing differs, -200 where nothing is alike.</param>
/// <param name="Cosine">Of all elements over all samples.</param>
/// <param name="MaxAbsError">Largest absolute difference.</param>
/// <param name="AloneSqnrDb">
/// Signal over noise of this layer alone: against the float layer run on the variant's own inputs. Null where that cannot be run.
/// </param>
public sealed record LayerError(string Value, string Layer, string Operator, double SqnrDb, double Cosine, double MaxAbsError, double? AloneSqnrDb);
