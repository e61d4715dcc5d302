using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Everything that was tried on a model and what came of it: what reports are made of.</summary>
/// <param name="Model">The model's file name.</param>
/// <param name="ModelSha256">Digest of its bytes, lower-case hex.</param>
/// <param name="SourceSizeBytes">Its size.</param>
/// <param name="Target">Processor that the variants are for, such as "x64-avx2".</param>
/// <param name="MeasuredOn">Processor and runtime on which latencies were measured.</param>
/// <param name="Calibration">The samples, in words.</param>
/// <param name="Goal">The goal in words; null where one form was asked for by name.</param>
/// <param name="Seed">Seed of everything drawn.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="Candidates">All variants tried, in the order of trial.</param>
/// <param name="Winner">Index of the variant handed out; null where none reaches the goal.</param>
/// <param name="Closest">Index of the variant nearest to the goal where none reaches it.</param>
/// <param name="Verdict">Why this winner, or why none, in words with figures.</param>
/// <param name="Preparation">Passes that all variants share.</param>
/// <param name="Layers">Error of each layer of the winner (or the closest), in graph order; empty where not measured.</param>
/// <param name="Calibrated">Activations of that variant with the ranges chosen; null where nothing was calibrated.</param>
/// <param name="Tolerance">Golden tolerance by output; empty where there is no winner.</param>
public sealed record CompressionStudy(
    string Model,
    string ModelSha256,
    long SourceSizeBytes,
    string Target,
    string MeasuredOn,
    string Calibration,
    string? Goal,
    int Seed,
    double Seconds,
    IReadOnlyList<StudyCandidate> Candidates,
    int? Winner,
    int? Closest,
    string Verdict,
    IReadOnlyList<PassReport> Preparation,
    IReadOnlyList<LayerError> Layers,
    CalibrationFacts? Calibrated,
    IReadOnlyDictionary<string, double> Tolerance);

/// <summary>One variant that was tried.</summary>
/// <param name="Name">Its recipe in a few words, unique in the study.</param>
/// <param name="Recipe">How it was made.</param>
/// <param name="Sha256">Digest of its bytes, lower-case hex; null where it could not be made.</param>
/// <param name="Quality">What was measured; null where it could not be made or executed.</param>
/// <param name="OnFront">True where no other candidate is at least as good in size, accuracy and latency and better in one.</param>
/// <param name="RejectedBecause">Why it is not the winner; null for the winner.</param>
/// <param name="Passes">What its own passes changed.</param>
/// <param name="Seconds">Time that making and measuring took.</param>
public sealed record StudyCandidate(
    string Name,
    CompressionRecipe Recipe,
    string? Sha256,
    QualityMeasurement? Quality,
    bool OnFront,
    string? RejectedBecause,
    IReadOnlyList<PassReport> Passes,
    double Seconds)
{
    /// <summary>Equal for variants that do the same work, and so take the same time; null where none was made.</summary>
    public string? Work { get; init; }
}
