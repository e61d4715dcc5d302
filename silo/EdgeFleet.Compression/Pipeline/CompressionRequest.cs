namespace EdgeFleet.Compression.Pipeline;

/// <summary>What to make of a model.</summary>
/// <param name="Model">The ONNX bytes, external data folded in. Not changed.</param>
/// <param name="Recipe">The form wanted, and how to make it.</param>
public sealed record CompressionRequest(ReadOnlyMemory<byte> Model, CompressionRecipe Recipe)
{
    /// <summary>The form with the usual settings.</summary>
    public CompressionRequest(ReadOnlyMemory<byte> model, CompressionKind kind)
        : this(model, new CompressionRecipe(kind))
    {
    }

    /// <summary>What it is made with and judged on.</summary>
    public RequestSamples Samples { get; init; } = new();

    /// <summary>Least top-1 agreement in [0, 1]; null takes <see cref="CompressionKinds.DefaultFloor"/>.</summary>
    public double? Floor { get; init; }

    /// <summary>Interleaved timed runs of variant and original; 0 measures no latency. Default 60, range 0..10000.</summary>
    public int LatencyRuns { get; init; } = 60;

    /// <summary>
    /// Longest median latency over the original's that is handed out, as measured here; null does not look: where size is what is
    /// wanted, or the processor is not the one that will run it. Measured again with four times the runs before it is refused.
    /// </summary>
    public double? MostLatencyRatio { get; init; }

    /// <summary>Makes histograms of activations for a report, also where the way of calibration does without.</summary>
    public bool Histograms { get; init; }

    /// <summary>Golden cases to make, 1..64.</summary>
    public int GoldenCases { get; init; } = 6;

    /// <summary>Production that takes longer is given up with <see cref="TimeoutException"/>.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Told of each step as it begins, on the producing thread; it must not throw.</summary>
    public Action<CompressionProgress>? Progress { get; init; }
}

/// <summary>A step that begins or goes on.</summary>
/// <param name="Step">Name of a pass or a measurement.</param>
/// <param name="Share">Share in [0, 1] of the production that lies behind.</param>
public sealed record CompressionProgress(string Step, double Share)
{
    /// <summary>Share in [0, 1] of the step itself: of the samples, in calibration.</summary>
    public double StepShare { get; init; }
}
