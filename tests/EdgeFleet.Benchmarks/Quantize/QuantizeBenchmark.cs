using System.Globalization;
using EdgeFleet.Benchmarks.Quality;

namespace EdgeFleet.Benchmarks.Quantize;

/// <summary>
/// Wall time and peak memory of quantizing a model in a cold process, beside the recorded ones of the peer quantizer (its imports
/// included, as ours includes the start of .NET), and how the time grows with the number of nodes.
/// </summary>
internal sealed class QuantizeBenchmark(BenchmarkArguments arguments) : IBenchmark
{
    private const int Runs = 5;

    /// <summary>Our kind, and the peer's configuration that does the same.</summary>
    private static readonly (string Kind, string Peer, bool NeedsSamples)[] s_pairs =
    [
        ("int8-dynamic", "dyn", false),
        ("int8-reduced", "qdq-mm-pc-rr-u8s8", true),
        ("fp16", "fp16", false),
        ("weights4", "nb4", false),
    ];

    public string Name => "quantize";

    public string Question => "how long does quantizing take in a cold process, and how does it grow with the model?";

    public Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        var peer = PeerTable.Load();
        var zoo = new Zoo(arguments.Zoo);
        var output = Path.Combine(Path.GetTempPath(), $"edgefleet-bench-{Environment.ProcessId}.onnx");
        try
        {
            foreach (var (name, rows) in peer.Models.Where(m => arguments.Models.Count == 0 || arguments.Models.Contains(m.Key)))
            {
                if ((zoo.Path($"{name}.onnx") ?? zoo.Path($"{name}-bn.onnx")) is not { } model
                    || zoo.Path($"{(name.EndsWith("mnist", StringComparison.Ordinal) ? "mnist" : "fashion")}-calib512-images-idx3-ubyte.gz") is not { } samples)
                {
                    report.Say($"{name}: the model or its data is not here (--zoo FOLDER says where they are); left out");
                    continue;
                }

                foreach (var (kind, config, needsSamples) in s_pairs)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var row = rows.FirstOrDefault(r => r.Config == config);
                    var cost = ColdProcess.Median(Runs, needsSamples ? [QuantizeChild.Verb, model, kind, output, samples] : [QuantizeChild.Verb, model, kind, output]);
                    if (row is not null)
                    {
                        var (seconds, peak) = (row.WallSeconds + row.ImportSeconds, row.PeakRssMiB);
                        report.AtMost(seconds / 5, string.Create(CultureInfo.InvariantCulture, $"{name} {kind}: wall time (peer {config}: {seconds:0.00} s)"), cost.Seconds, "s");
                        report.AtMost(peak / 2, string.Create(CultureInfo.InvariantCulture, $"{name} {kind}: peak memory (peer {peak:0} MiB)"), cost.PeakMiB, "MiB");
                    }
                }
            }

            Chains(report, output);
        }
        finally
        {
            File.Delete(output);
        }

        return Task.CompletedTask;
    }

    private static void Chains(BenchmarkReport report, string output)
    {
        var model = output + ".chain";
        try
        {
            var seconds = new Dictionary<int, double>();
            foreach (var count in new[] { 100, 200, 400 })
            {
                File.WriteAllBytes(model, ConvolutionChain.Of(count).ToArray());
                File.WriteAllBytes(output + ".npy", ConvolutionChain.Samples(64));
                seconds[count] = ColdProcess.Median(Runs, QuantizeChild.Verb, model, "int8-reduced", output, output + ".npy").Seconds;
                report.Add($"chain of {count} convolutions, int8-reduced", seconds[count], "s");
            }

            report.AtMost(4.5, "chain of 400 over chain of 100", seconds[400] / seconds[100], "");
            report.AtMost(2, "chain of 400 convolutions (peer: 45 s)", seconds[400], "s");
        }
        finally
        {
            File.Delete(model);
            File.Delete(output + ".npy");
        }
    }
}
