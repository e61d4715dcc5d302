using System.Globalization;
using System.Text.Json;
using EdgeFleet.Benchmarks.Quantize;

namespace EdgeFleet.Benchmarks.Large;

/// <summary>
/// Wall time and memory of compressing a model of several gigabytes from file to file, each kind in a cold process: the engine's own
/// part (read, verify, quantize, write), then original and variant as the runtime runs them on eight samples.
/// </summary>
internal sealed class LargeBenchmark(BenchmarkArguments arguments) : IBenchmark
{
    private const double MiB = 1 << 20;

    /// <summary>Budget of the engine, whatever the model: the work on its largest tensor, which is the table of 256 MiB.</summary>
    private const double MostEngineMiB = 512;

    private static readonly string[] s_kinds = ["fp32", "fp16", "int8-dynamic", "weights8", "weights4"];

    public string Name => "large";

    public string Question => "what do models cost that no memory should hold?";

    public bool OnlyByName => true;

    public Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(arguments.Folder ?? Path.GetTempPath(), $"edgefleet-large-{Environment.ProcessId}"));
        try
        {
            var model = Path.Combine(folder.FullName, "large.onnx");
            var bytes = LargeModel.Write(model, arguments.Gigabytes * (1L << 30), cancellationToken);
            report.Say(string.Create(CultureInfo.InvariantCulture, $"  model: {bytes:#,0} bytes, made up; memory is the peak of a step: held (anonymous), and resident with pages of mapped files"));
            foreach (var kind in s_kinds)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (seconds, told) = ColdProcess.Run(LargeChild.Verb, model, kind, Path.Combine(folder.FullName, "variant.onnx"));
                var outcome = JsonSerializer.Deserialize<LargeChild.Outcome>(told)!;
                if (outcome.RefusedBecause is { } refused)
                {
                    report.Say($"  {kind} was refused: {refused}");
                }

                report.Add(string.Create(CultureInfo.InvariantCulture, $"{kind}: whole run (cosine {outcome.Cosine:0.00000})"), seconds, "s");
                report.Add($"{kind}: bytes over the original's", (double)outcome.SizeBytes / outcome.SourceSizeBytes, "");
                Tell(report, kind, "engine", outcome.Engine, MostEngineMiB);
                Tell(report, kind, "runtime, original", outcome.Original, null);
                Tell(report, kind, "runtime, variant", outcome.Variant, null);
                foreach (var made in folder.GetFiles("variant.onnx*"))
                {
                    made.Delete();
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return Task.CompletedTask;
    }

    private static void Tell(BenchmarkReport report, string kind, string part, LargeChild.Step step, double? most)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{kind}: {part} ({step.Seconds:0.0} s, resident {step.ResidentBytes / MiB:0} MiB), held");
        if (most is { } bound)
        {
            report.AtMost(bound, name, step.AnonymousBytes / MiB, "MiB");
        }
        else
        {
            report.Add(name, step.AnonymousBytes / MiB, "MiB");
        }
    }
}
