namespace EdgeFleet.Benchmarks;

/// <summary>One question, measured. Add a new one to <see cref="Benchmarks.All(BenchmarkArguments)"/>.</summary>
internal interface IBenchmark
{
    /// <summary>As on the command line.</summary>
    string Name { get; }

    /// <summary>What it answers, in a sentence.</summary>
    string Question { get; }

    /// <summary>True for one that takes so much time or room that it runs only when named.</summary>
    bool OnlyByName => false;

    Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken);
}
