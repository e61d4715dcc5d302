using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>A variant with what was measured of it.</summary>
/// <param name="Recipe">Its form, and how it was made.</param>
/// <param name="Model">The variant's ONNX bytes; the same input gives the same bytes.</param>
/// <param name="Quality">Compared with the original.</param>
/// <param name="Golden">Outputs to be reproduced on a device.</param>
/// <param name="Passes">What each pass did, in order.</param>
/// <param name="Refusal">Why it must not be handed out; null where it may.</param>
public sealed record CompressionResult(
    CompressionRecipe Recipe,
    byte[] Model,
    QualityMeasurement Quality,
    GoldenMeasurement Golden,
    IReadOnlyList<PassReport> Passes,
    Refusal? Refusal)
{
    /// <summary>How many of the passes, from the first, every form of the model shares.</summary>
    public int PreparationPasses { get; init; }

    /// <summary>Errors layer by layer; where it was refused for its answers, else empty.</summary>
    public IReadOnlyList<LayerError> Layers { get; init; } = [];

    /// <summary>Activations with the ranges chosen; null where nothing was calibrated.</summary>
    public CalibrationFacts? Calibrated { get; init; }

    public bool IsAcceptable => Refusal is null;

    /// <summary>The refusal in words; null where there is none.</summary>
    public string? RefusedBecause => Refusal?.Reason;
}

/// <summary>A variant against its original, both executed on the same samples by the same runtime.</summary>
/// <param name="Samples">Samples compared.</param>
/// <param name="Synthetic">True where no calibration data was given and inputs were pseudo-random.</param>
/// <param name="Top1Agreement">Share in [0, 1] of samples where both have the same highest value in the first output.</param>
/// <param name="Cosine">Mean cosine over samples and float outputs.</param>
/// <param name="MaxAbsError">Largest absolute difference of any output element.</param>
/// <param name="Accuracy">Share in [0, 1] of labelled samples that the variant gets right; null without labels.</param>
/// <param name="SourceAccuracy">The original's.</param>
/// <param name="SizeBytes">Bytes of the variant.</param>
/// <param name="SourceSizeBytes">Bytes of the original.</param>
/// <param name="LatencyMs">Median of the variant: one thread, batch 1; 0 where not measured.</param>
/// <param name="SourceLatencyMs">Median of the original, runs interleaved with the variant's.</param>
/// <param name="Floor">Least top-1 agreement asked for.</param>
public sealed record QualityMeasurement(
    int Samples,
    bool Synthetic,
    double Top1Agreement,
    double Cosine,
    double MaxAbsError,
    double? Accuracy,
    double? SourceAccuracy,
    long SizeBytes,
    long SourceSizeBytes,
    double LatencyMs,
    double SourceLatencyMs,
    double Floor)
{
    /// <summary>
    /// Percentage points lost: of accuracy where there are labels (negative for a gain), else of agreement with the original.
    /// </summary>
    public double PointsLost => 100 * (Accuracy is { } right && SourceAccuracy is { } before ? before - right : 1 - Top1Agreement);

    /// <summary>Variant's median latency over the original's; 1 where not measured; below 1 is faster.</summary>
    public double LatencyRatio => SourceLatencyMs > 0 && LatencyMs > 0 ? LatencyMs / SourceLatencyMs : 1;
}

/// <summary>Golden runs of a variant.</summary>
/// <param name="Cases">Inputs and the variant's outputs, batch 1.</param>
/// <param name="Tolerance">Largest absolute difference allowed per output element, by output name.</param>
public sealed record GoldenMeasurement(IReadOnlyList<GoldenRun> Cases, IReadOnlyDictionary<string, double> Tolerance);

/// <summary>One golden run.</summary>
public sealed record GoldenRun(IReadOnlyList<ModelTensor> Inputs, IReadOnlyList<ModelTensor> Outputs);

/// <summary>What a pass did.</summary>
/// <param name="Name">The pass.</param>
/// <param name="Changes">Rewrites applied.</param>
/// <param name="NodesBefore">Nodes of the main graph before.</param>
/// <param name="NodesAfter">And after.</param>
public sealed record PassReport(string Name, int Changes, int NodesBefore, int NodesAfter)
{
    /// <summary>What a user should know, such as what was left out and why.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
