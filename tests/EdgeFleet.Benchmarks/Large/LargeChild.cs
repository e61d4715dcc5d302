using System.Diagnostics;
using System.Text.Json;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Benchmarks.Large;

/// <summary>What a cold process does that compresses one model from file to file, with its memory watched step by step.</summary>
internal static class LargeChild
{
    /// <summary>The first argument that makes the program this.</summary>
    public const string Verb = "large-child";

    /// <summary>Time and peaks of one step.</summary>
    /// <param name="Seconds">Wall time.</param>
    /// <param name="AnonymousBytes">Held by whoever.</param>
    /// <param name="ResidentBytes">With pages of mapped files.</param>
    internal sealed record Step(double Seconds, long AnonymousBytes, long ResidentBytes);

    /// <summary>What one run was like.</summary>
    internal sealed record Outcome(Step Engine, Step Original, Step Variant, long SizeBytes, long SourceSizeBytes, double Cosine, string? RefusedBecause);

    /// <param name="arguments">Model, kind, output. The outcome goes to the error stream, as JSON.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        if (!CompressionKinds.TryParse(arguments[1], out var kind))
        {
            return 2;
        }

        var steps = new Dictionary<string, Step>();
        var (name, begun, watch) = ("engine", Stopwatch.GetTimestamp(), new MemoryWatch());
        void Next(string next)
        {
            watch.Dispose();
            steps[name] = new(Stopwatch.GetElapsedTime(begun).TotalSeconds, watch.PeakAnonymousBytes, watch.PeakResidentBytes);
            MemoryWatch.Trim();
            (name, begun, watch) = (next, Stopwatch.GetTimestamp(), new MemoryWatch());
        }

        var compressor = new LargeModelCompressor(new OrtModelRunner())
        {
            Progress = progress =>
            {
                if (progress.Step.StartsWith("run ", StringComparison.Ordinal) && name != progress.Step)
                {
                    Next(progress.Step);
                }
            },
        };
        var result = compressor.Compress(arguments[0], new CompressionRecipe(kind), arguments[2], [], 8, null, CancellationToken.None);
        Next("");
        watch.Dispose();
        Console.Error.WriteLine(JsonSerializer.Serialize(new Outcome(
            steps["engine"], steps["run original"], steps["run variant"], result.Quality.SizeBytes, result.Quality.SourceSizeBytes, result.Quality.Cosine, result.RefusedBecause)));
        return 0;
    }
}
