using System.Globalization;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Benchmarks.Quality;

/// <summary>
/// Our variants beside the recorded ones of the peer quantizer: size, accuracy on the full test set, latency over fp32's (one
/// thread, batch 1, interleaved runs). Every row of the peer should have one of ours that is at least as good in all three: accuracy
/// within 0.05 points, size within 1 %, latency within 7 %, the noise of the peer's figures (18 % for those marked ~, which were
/// taken on a loaded machine; the count without that allowance is given too).
/// </summary>
/// <remarks>
/// <c>--zoo FOLDER</c> takes models and data from there; <c>--no-vnni</c> runs the kernels of processors without VNNI, on which the
/// peer was measured; <c>--models a,b</c> restricts it.
/// </remarks>
internal sealed class QualityBenchmark(BenchmarkArguments arguments) : IBenchmark
{
    private readonly OrtModelRunner _runner = new();

    public string Name => "quality";

    public string Question => "is there a variant of ours for each of the peer quantizer's that is at least as good?";

    public Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        if (arguments.NoVnni)
        {
            NarrowedRuntime.Use();
        }

        var peer = PeerTable.Load();
        var zoo = new Zoo(arguments.Zoo);
        foreach (var (name, rows) in peer.Models.Where(m => arguments.Models.Count == 0 || arguments.Models.Contains(m.Key)))
        {
            if ((zoo.Find(name) ?? zoo.Find($"{name}-bn")) is not { } model)
            {
                report.Say($"{name}: the model or its data is not here (--zoo FOLDER says where they are); left out");
                continue;
            }

            var ours = Measure(model, peer.Fp32Bytes[name], report, cancellationToken);
            Compare(report, name, rows, ours);
        }

        return Task.CompletedTask;
    }

    private List<OurRow> Measure(ZooModel model, long fp32Bytes, BenchmarkReport report, CancellationToken cancellationToken)
    {
        var meter = new ZooMeter(_runner, model);
        report.Say(string.Create(CultureInfo.InvariantCulture, $"{model.Name}: fp32 accuracy {100 * meter.SourceAccuracy:0.00} %, {meter.SourceLatencyMs * 1000:0} µs"));
        var ours = new List<OurRow>();
        foreach (var recipe in Recipes.For(meter.Layers))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (meter.Measure(recipe, fp32Bytes, cancellationToken) is { } row)
            {
                ours.Add(row);
                report.Say(row.ToString());
            }
        }

        return ours;
    }

    private static void Compare(BenchmarkReport report, string name, IReadOnlyList<PeerRow> rows, List<OurRow> ours)
    {
        var covered = 0;
        var strictly = 0;
        var extended = false;
        foreach (var row in rows)
        {
            var by = ours.Where(o => o.Covers(row)).MinBy(o => (o.SizeRatio / row.SizeRatio) + (o.LatencyRatio / row.LatencyRatio));
            covered += by is null ? 0 : 1;
            strictly += ours.Exists(o => o.Covers(row, OurRow.QuietLatency)) ? 1 : 0;
            extended |= ours.Exists(o => o.Extends(row)) && IsOnFront(row, rows);
            var nearest = by ?? ours.MinBy(o => o.Shortfall(row))!;
            report.Say(string.Create(CultureInfo.InvariantCulture,
                $"  peer {row.Config,-20} {row.SizeRatio,6:0.000} {100 * row.Metric,7:0.00} % {row.LatencyRatio,6:0.00}{(row.LatencyTimed == "quiet" ? ' ' : '~')} "
                + $"{(by is null ? "NOT COVERED, nearest" : "covered by")} {nearest.Name} {nearest.SizeRatio:0.000} {100 * nearest.Accuracy:0.00} {nearest.LatencyRatio:0.00}"));
        }

        report.AtLeast(rows.Count, $"{name}: rows of the peer that one of ours covers", covered, "rows");
        report.Add($"{name}: of these, with 7 % allowed for loaded figures too", strictly, "rows");
        report.Add($"{name}: a row of ours extends the peer's front (1 yes, 0 no)", extended ? 1 : 0, "");
    }

    /// <summary>No other row of the peer is as good in all three and better in one.</summary>
    private static bool IsOnFront(PeerRow row, IReadOnlyList<PeerRow> rows) => !rows.Any(o => o != row
        && o.SizeRatio <= row.SizeRatio && o.Metric >= row.Metric && o.LatencyRatio <= row.LatencyRatio
        && (o.SizeRatio < row.SizeRatio || o.Metric > row.Metric || o.LatencyRatio < row.LatencyRatio));
}

/// <summary>A variant of ours, measured.</summary>
/// <param name="Name">Its recipe.</param>
/// <param name="Sha256">Digest of its bytes.</param>
/// <param name="SizeRatio">Bytes over fp32's.</param>
/// <param name="Accuracy">In [0, 1] on the full test set.</param>
/// <param name="LatencyRatio">Over fp32's.</param>
internal sealed record OurRow(string Name, string Sha256, double SizeRatio, double Accuracy, double LatencyRatio)
{
    /// <summary>Noise of the peer's latencies on a quiet machine, and on a loaded one.</summary>
    public const double QuietLatency = 1.07, LoadedLatency = 1.18;

    private const double Points = 0.0005, Size = 1.01;

    public bool Covers(PeerRow row) => Covers(row, row.LatencyTimed == "quiet" ? QuietLatency : LoadedLatency);

    public bool Covers(PeerRow row, double latency) =>
        SizeRatio <= row.SizeRatio * Size && Accuracy >= row.Metric - Points - 1e-9 && LatencyRatio <= row.LatencyRatio * latency;

    /// <summary>Worse in none, and clearly better in one: 0.2 points, 5 % of the size, or 10 % of the latency.</summary>
    public bool Extends(PeerRow row) => Covers(row, QuietLatency)
        && (SizeRatio <= row.SizeRatio * 0.95 || Accuracy >= row.Metric + 0.002 || LatencyRatio <= row.LatencyRatio * 0.9);

    /// <summary>How far from covering the row, in multiples of the tolerances.</summary>
    public double Shortfall(PeerRow row) =>
        Math.Max(0, (row.Metric - Accuracy) / Points) + Math.Max(0, ((SizeRatio / row.SizeRatio) - 1) / (Size - 1)) + Math.Max(0, ((LatencyRatio / row.LatencyRatio) - 1) / (QuietLatency - 1));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"  ours {Name,-44} {SizeRatio,6:0.000} {100 * Accuracy,7:0.00} % {LatencyRatio,6:0.00}");
}
