using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// 8-bit weights rounded to nearest -> rounded so that the layer's outputs on the calibration samples change least (see
/// <see cref="RoundingSolver"/>). Scales stay, and each integer moves by at most one step, within the limit of its number type.
/// Conditions: static QDQ layers whose float weights and inputs' second moments are known; others keep their integers.
/// </summary>
/// <param name="rounded">From <see cref="Round"/>.</param>
internal sealed class AdaptiveRounding(IReadOnlyDictionary<string, sbyte[]> rounded) : IGraphPass
{
    /// <summary>Steps of Adam, and multiplications that those of a layer may cost: wide layers get fewer, or none where it would be too few to matter.</summary>
    private const int MostIterations = 300;
    private const int FewestIterations = 50;
    private const long MostMultiplications = 2_000_000_000;

    public string Name => "adaptive-rounding";

    /// <summary>Chooses new integers; neither graph is changed.</summary>
    /// <param name="original">The float model that was quantized.</param>
    /// <param name="quantized">The QDQ model made of it, names as in the float model.</param>
    /// <param name="limit">Largest magnitude of a weight.</param>
    /// <param name="feed">Calibration samples.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="cancellationToken">Looked at between layers.</param>
    /// <returns>Signed integers in the layout of the weights, by the layer's output in the QDQ model.</returns>
    public static Dictionary<string, sbyte[]> Round(
        ModelGraph original, ModelGraph quantized, int limit, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var view = new VariantView(quantized, null);
        var layers = new Dictionary<OnnxNode, QuantizedLayer>();
        foreach (var pair in LayerPair.Of(original, view))
        {
            if (QuantizedLayer.Find(quantized, view, pair) is { } layer && GramCollector.IsCollectable(original, pair.Node))
            {
                layers[pair.Node] = layer;
            }
        }

        var rounded = new Dictionary<string, sbyte[]>();
        foreach (var gram in GramCollector.Collect(original, layers.Keys, feed, runner, GramCollector.DefaultBudgetBytes, cancellationToken))
        {
            var layer = layers[gram.Layer];
            rounded[layer.Node.Outputs[0]] = Round(TensorContent.Floats(original.Constant(gram.Layer.Inputs[1])!), layer, gram, limit);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return rounded;
    }

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var node in graph.Nodes)
        {
            if (node.Outputs.Count > 0 && rounded.TryGetValue(node.Outputs[0], out var values) && QuantizedLayer.Of(graph, node) is { } layer)
            {
                layer.Store(values);
                changes++;
            }
        }

        return changes;
    }

    private static sbyte[] Round(ReadOnlySpan<float> weights, QuantizedLayer layer, LayerGram gram, int limit)
    {
        // Rows of outputs, whatever the layout: [outputs, inputs] is contiguous, [inputs, outputs] is not.
        var (outputs, columns) = (layer.Channels, gram.Columns);
        var (byOutput, byInput) = layer.Axis == 0 ? (columns, 1) : (1, outputs);
        var units = new float[weights.Length];
        for (var i = 0; i < units.Length; i++)
        {
            var output = layer.Axis == 0 ? i / columns : i % outputs;
            units[(output * columns) + (layer.Axis == 0 ? i % columns : i / outputs)] = weights[i] / layer.Scales[output];
        }

        var solvers = Enumerable.Range(0, gram.Groups).Select(g => new RoundingSolver(gram.Group(g), columns, limit)).ToArray();
        var affordable = MostMultiplications / ((long)columns * columns * outputs);
        var iterations = affordable < FewestIterations ? 0 : (int)Math.Min(MostIterations, affordable);
        var values = new sbyte[weights.Length];
        Parallel.For(0, outputs, output =>
        {
            var row = new sbyte[columns];
            solvers[output / (outputs / gram.Groups)].Solve(units.AsSpan(output * columns, columns), iterations, row);
            for (var k = 0; k < columns; k++)
            {
                values[(output * byOutput) + (k * byInput)] = row[k];
            }
        });
        return values;
    }
}
