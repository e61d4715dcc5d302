namespace EdgeFleet.Benchmarks;

/// <summary>One question, measured. Add a new one to <see cref="Benchmarks.All(BenchmarkArguments)"/>.</summary>
internal interface IBenchmark
{
    /// <summary>As on the command line.</summary>
    string Name { get; }

    /// <summary>What it answers, in a sentence.</summary>
    string Question { get; }

    Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken);
}
