using EdgeFleet.Benchmarks.Grains;
using EdgeFleet.Benchmarks.Ort;

namespace EdgeFleet.Benchmarks;

/// <summary>All benchmarks, in the order in which they run.</summary>
internal static class Benchmarks
{
    public static IReadOnlyList<IBenchmark> All { get; } =
    [
        new GrainBenchmark(),
        new OrtBenchmark(),
    ];
}
