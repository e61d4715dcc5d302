using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>What a variant must pass before it leaves the engine.</summary>
/// <param name="Quality">Its measurement; latencies are of the longer second measurement where there was one.</param>
/// <param name="Refusal">Why it must not be handed out; null where it may.</param>
/// <param name="Layers">Errors layer by layer where its answers are the reason; else empty.</param>
internal sealed record GateResult(QualityMeasurement Quality, Refusal? Refusal, IReadOnlyList<LayerError> Layers);

/// <summary>
/// Executed variants only: answers within the floor, else the layers that lose most are named; two runs alike to the last bit;
/// not slower than allowed.
/// </summary>
/// <param name="runner">The runtime.</param>
/// <param name="meter">Measures it.</param>
/// <param name="mostLatencyRatio">Longest latency over the original's; null does not look.</param>
internal sealed class VariantGate(IModelRunner runner, QualityMeter meter, double? mostLatencyRatio)
{
    private const int LayerSamples = 64;
    private const int Again = 4;

    public GateResult Check(
        PreparedModel prepared, BuiltVariant variant, QualityMeasurement quality, SampleFeed feed, int latencyRuns, CancellationToken cancellationToken)
    {
        if (QualityFloor.ReasonToRefuse(quality) is { } reason)
        {
            var layers = Layers(prepared, variant, feed, cancellationToken);
            return new(quality, new Refusal(RefusalKind.BelowFloor, reason + Worst(layers)), layers);
        }

        if (!meter.IsReproduced(variant.Model, cancellationToken))
        {
            return new(quality, new Refusal(
                RefusalKind.NotReproduced,
                "Two runs of the variant on the same samples give different answers: the model draws random numbers, or the runtime does not compute it deterministically."), []);
        }

        if (mostLatencyRatio is { } most && latencyRuns > 0 && quality.LatencyRatio > most)
        {
            var (ms, sourceMs) = meter.Latency(variant.Model, latencyRuns * Again, cancellationToken);
            quality = quality with { LatencyMs = ms, SourceLatencyMs = sourceMs };
            if (quality.LatencyRatio > most)
            {
                return new(quality, new Refusal(RefusalKind.Slower, FormattableString.Invariant(
                    $"Slower than the original on this processor: {ms:0.000} ms against {sourceMs:0.000} ms ({quality.LatencyRatio:0.00}, at most {most:0.00} is allowed).")), []);
            }
        }

        return new(quality, null, []);
    }

    private IReadOnlyList<LayerError> Layers(PreparedModel prepared, BuiltVariant variant, SampleFeed feed, CancellationToken cancellationToken)
    {
        try
        {
            return new LayerErrors(runner, feed).Measure(variant.FloatForm ?? prepared.Model, variant.Model, variant.Originals, LayerSamples, cancellationToken).Layers;
        }
        catch (ModelRunException)
        {
            // A model whose inner values cannot all be outputs is refused without the list.
            return [];
        }
    }

    private static string Worst(IReadOnlyList<LayerError> layers) => layers.MinBy(l => l.AloneSqnrDb ?? l.SqnrDb) is { } worst
        ? FormattableString.Invariant($" The layer that loses most is {worst.Operator} '{worst.Value}': {worst.AloneSqnrDb ?? worst.SqnrDb:0.0} dB signal to noise.")
        : "";
}
