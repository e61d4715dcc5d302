using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>What to look for.</summary>
/// <param name="Model">The ONNX bytes, external data folded in. Not changed.</param>
/// <param name="Goal">Limits and what is best.</param>
/// <param name="Target">Processor that the variant is for. Latencies are measured on the processor that this runs on.</param>
public sealed record SearchRequest(ReadOnlyMemory<byte> Model, CompressionGoal Goal, ProcessorTarget Target)
{
    /// <summary>The model's file name, for reports.</summary>
    public string ModelName { get; init; } = "model.onnx";

    /// <summary>What variants are made with and judged on.</summary>
    public RequestSamples Samples { get; init; } = new();

    /// <summary>The samples in words, for reports.</summary>
    public string CalibrationName { get; init; } = "none";

    /// <summary>Processor and runtime on which latencies are measured, for reports.</summary>
    public string MeasuredOn { get; init; } = "";

    /// <summary>No candidate is begun after this; default 5 minutes. The best of those measured wins.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most candidates, 1..200.</summary>
    public int MostCandidates { get; init; } = 40;

    /// <summary>Seed of the draws among neighbours of the best. The same seed tries the same candidates.</summary>
    public int Seed { get; init; }

    /// <summary>Interleaved timed runs of a candidate and the original; finalists get four times as many. 10..10000.</summary>
    public int LatencyRuns { get; init; } = 80;

    /// <summary>Golden cases of the winner, 1..64.</summary>
    public int GoldenCases { get; init; } = 6;

    /// <summary>Told of each step as it begins, and of each candidate's outcome; it must not throw.</summary>
    public Action<SearchProgress>? Progress { get; init; }
}

/// <summary>A step of a search.</summary>
/// <param name="Candidate">Number of the candidate, from 1; 0 before the first.</param>
/// <param name="Step">What begins, or an outcome in words.</param>
/// <param name="Finished">The candidate that was just measured; null where a step begins.</param>
public sealed record SearchProgress(int Candidate, string Step, StudyCandidate? Finished);
