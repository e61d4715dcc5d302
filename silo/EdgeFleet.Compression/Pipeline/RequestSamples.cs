using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>The samples that a variant is made with and judged on.</summary>
public sealed record RequestSamples
{
    /// <summary>Samples per input. Without any, fixed pseudo-random inputs are compared, and static int8 kinds take ranges without data, which warns; a search leaves those kinds out.</summary>
    public IReadOnlyList<SampleSet> Calibration { get; init; } = [];

    /// <summary>Class of each calibration sample, in its order; null where unknown.</summary>
    public IReadOnlyList<int>? Labels { get; init; }

    /// <summary>Samples on which variants are compared with the original; none takes the calibration samples.</summary>
    public IReadOnlyList<SampleSet> Test { get; init; } = [];

    /// <summary>Class of each test sample; null where unknown.</summary>
    public IReadOnlyList<int>? TestLabels { get; init; }

    /// <summary>Outputs fed back as inputs; empty recognises them by name where an input has no samples.</summary>
    public IReadOnlyList<StateFeedback> Feedback { get; init; } = [];

    /// <summary>Samples of one sequence of a stateful model, after which its state begins anew; 0 takes all as one.</summary>
    public int SequenceLength { get; init; }

    /// <summary>Most calibration samples used, from the first; 1..1,000,000.</summary>
    public int Most { get; init; } = 1024;

    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(SequenceLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(Most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Most, 1_000_000);
    }
}
