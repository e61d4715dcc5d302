using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Ranks layers by what quantizing each alone costs at the model's outputs: one variant per layer with all others float, executed on
/// the same samples, with ranges that are collected once. The layers that lose most by themselves come first, so that where time runs
/// out the suspects have been measured; the others keep the estimate. Layers within subgraphs are not ranked, and float meanwhile.
/// </summary>
/// <param name="runner">The runtime.</param>
/// <param name="feed">Calibration samples.</param>
/// <param name="time">Clock of the budget.</param>
internal sealed class SensitivityRanking(IModelRunner runner, SampleFeed feed, TimeProvider time)
{
    /// <param name="prepared">The float model.</param>
    /// <param name="recipe">A static kind; its own layers kept float are not ranked.</param>
    /// <param name="samples">Samples executed per layer.</param>
    /// <param name="budget">Most time to spend on measuring; the first layer is always measured.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    /// <returns>Most sensitive first; layers of equal noise in the order of the graph.</returns>
    public IReadOnlyList<LayerSensitivity> Measure(
        PreparedModel prepared, CompressionRecipe recipe, int samples, TimeSpan budget, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var plain = recipe with { ShortNames = false, Equalize = false, Smooth = false, AdaRound = false, CorrectBias = false };
        var builder = new VariantBuilder(runner, null, cancellationToken) { SharedRanges = new RangeCache() };
        var whole = builder.Build(prepared, plain, feed);
        var original = new ModelGraph(OnnxModel.Read(prepared.Model));
        var layers = Quantized(original, whole);
        var within = TensorWalk.Graphs(original.Graph).Skip(1).SelectMany(g => g.Nodes).Where(LayerPair.IsLayer).Select(n => n.Outputs[0]).ToList();
        var errors = new LayerErrors(runner, feed).Measure(prepared.Model, whole.Model, whole.Originals, samples, cancellationToken);
        var reference = new OutputReference(runner, prepared.Model, feed, samples, cancellationToken);
        var own = errors.Layers.GroupBy(e => e.Layer).ToDictionary(g => g.Key, g => Math.Pow(10, -(g.First().AloneSqnrDb ?? g.First().SqnrDb) / 10));
        var ranked = new List<LayerSensitivity>(layers.Count);
        foreach (var layer in layers.OrderByDescending(l => own.GetValueOrDefault(l.Outputs[0])))
        {
            var name = layer.Outputs[0];
            var measure = ranked.Count == 0 || time.GetElapsedTime(begun) < budget;
            var noise = own.GetValueOrDefault(name);
            if (measure)
            {
                var others = layers.Select(l => l.Outputs[0]).Where(o => o != name);
                var single = builder.Build(prepared, plain with { KeepFloat = [.. recipe.KeepFloat, .. others, .. within] }, feed);
                noise = Math.Pow(10, -reference.SqnrDb(single.Model, cancellationToken) / 10);
            }

            ranked.Add(new(name, layer.OpType, noise, ExtraBytes(original, layer), measure));
        }

        return [.. ranked.OrderByDescending(r => r.NoiseToSignal)];
    }

    /// <summary>Layers of the float model whose weights the variant holds as integers, in the order of the graph.</summary>
    private static List<OnnxNode> Quantized(ModelGraph original, BuiltVariant variant)
    {
        var made = new ModelGraph(OnnxModel.Read(variant.Model));
        var view = new VariantView(made, variant.Originals);
        return [.. LayerPair.Of(original, view).Where(p => QuantizedLayer.Find(made, view, p) is not null).Select(p => p.Node)];
    }

    /// <summary>A float weight takes three bytes more than an 8-bit one.</summary>
    private static long ExtraBytes(ModelGraph original, OnnxNode layer) => 3 * (original.Constant(layer.Inputs[1])?.Count ?? 0);
}
