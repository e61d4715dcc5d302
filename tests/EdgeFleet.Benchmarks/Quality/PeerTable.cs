using System.Text.Json;

namespace EdgeFleet.Benchmarks.Quality;

/// <summary>A recorded figure of the peer quantizer.</summary>
/// <param name="Config">Its configuration.</param>
/// <param name="SizeRatio">Bytes over fp32's.</param>
/// <param name="Metric">Accuracy in [0, 1] on the full test set.</param>
/// <param name="LatencyRatio">Over fp32's, one thread, batch 1.</param>
/// <param name="LatencyTimed">"quiet" or "loaded" machine.</param>
/// <param name="WallSeconds">Without imports.</param>
/// <param name="ImportSeconds">Of its Python imports.</param>
/// <param name="PeakRssMiB">Peak resident memory.</param>
internal sealed record PeerRow(
    string Config, double SizeRatio, double Metric, double LatencyRatio, string LatencyTimed, double WallSeconds, double ImportSeconds, double PeakRssMiB);

/// <summary>The recorded table: onnxruntime.quantization on the same models, on x86-64 with AVX2 and no VNNI.</summary>
internal sealed record PeerTable(
    string Note, IReadOnlyDictionary<string, double> Fp32Accuracy, IReadOnlyDictionary<string, long> Fp32Bytes, IReadOnlyDictionary<string, IReadOnlyList<PeerRow>> Models)
{
    public static PeerTable Load()
    {
        using var stream = typeof(PeerTable).Assembly.GetManifestResourceStream("peer.json")!;
        return JsonSerializer.Deserialize<PeerTable>(stream, JsonSerializerOptions.Web)!;
    }
}
