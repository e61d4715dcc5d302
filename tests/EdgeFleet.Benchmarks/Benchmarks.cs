using EdgeFleet.Benchmarks.Grains;
using EdgeFleet.Benchmarks.Large;
using EdgeFleet.Benchmarks.Ort;
using EdgeFleet.Benchmarks.Quality;
using EdgeFleet.Benchmarks.Quantize;

namespace EdgeFleet.Benchmarks;

/// <summary>All benchmarks, in the order in which they run.</summary>
internal static class Benchmarks
{
    public static IReadOnlyList<IBenchmark> All(BenchmarkArguments arguments) =>
    [
        new GrainBenchmark(),
        new OrtBenchmark(),
        new QualityBenchmark(arguments),
        new QuantizeBenchmark(arguments),
        new LargeBenchmark(arguments),
    ];
}
