using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Cross-layer equalization: W2 f(W1 x + b1) -> (W2 S) f(S^-1 (W1 x + b1)) with s_c = sqrt(r1_c / r2_c), r1_c = max|W1[c, :]|,
/// r2_c = max|W2[:, c]|, so that both layers' channels have like ranges; repeated over the model until nothing moves. The model's
/// answers stay the same.
/// Conditions: both layers' weights and biases are constants; the values in between have one use and are no outputs; f is positively
/// homogeneous (see <see cref="ScalePath"/>). A channel without weights on either side keeps its scale.
/// Source: Nagel et al., Data-Free Quantization through Weight Equalization and Bias Correction, 2019.
/// </summary>
/// <param name="clips">Which Clip nodes may become Relu.</param>
internal sealed class EqualizeLayers(ClipBounds clips) : IGraphPass
{
    private const int MostSweeps = 40;
    private const double Settled = 1e-3;
    private const double LargestFactor = 1e4;

    public string Name => "equalize-layers";

    public int Apply(ModelGraph graph)
    {
        var pairs = Pairs(graph);
        for (var sweep = 0; sweep < MostSweeps && pairs.Count > 0; sweep++)
        {
            var moved = 0d;
            foreach (var pair in pairs)
            {
                moved = Math.Max(moved, Equalize(pair));
            }

            if (moved < Settled)
            {
                break;
            }
        }

        foreach (var pair in pairs)
        {
            pair.Path.Apply(graph, pair.Factors);
        }

        foreach (var second in pairs.Select(p => p.Second).Where(s => pairs.TrueForAll(p => p.First != s)))
        {
            second.Store(graph);
        }

        graph.RemoveUnusedConstants();
        return pairs.Count;
    }

    private List<Pair> Pairs(ModelGraph graph)
    {
        var layers = new Dictionary<OnnxNode, WeightedLayer>();
        var pairs = new List<Pair>();
        foreach (var node in graph.Nodes)
        {
            if (graph.Constant(node.InputOrEmpty(0)) is not null || !graph.HasSingleUse(node.InputOrEmpty(0))
                || node.Is("ConvTranspose") || WeightedLayer.Of(graph, node) is not { } second
                || ScalePath.Find(graph, node.Inputs[0], second.Inputs, !node.Is("Conv"), clips) is not { Layer: { } first } path)
            {
                continue;
            }

            // A layer in the middle of a chain is the second of one pair and the first of another: one set of weights.
            first = layers.TryGetValue(first.Node, out var known) ? known : layers[first.Node] = first;
            second = layers.TryGetValue(second.Node, out known) ? known : layers[second.Node] = second;
            pairs.Add(new(first, second, path with { Layer = first }));
        }

        return pairs;
    }

    private static double Equalize(Pair pair)
    {
        var given = pair.First.OutputMagnitudes();
        var read = pair.Second.InputMagnitudes(pair.Path.Spread);
        var (down, up) = (new double[given.Length], new double[given.Length]);
        var moved = 0d;
        for (var c = 0; c < given.Length; c++)
        {
            var factor = given[c] > 0 && read[c] > 0 ? Math.Clamp(Math.Sqrt(given[c] / read[c]), 1 / LargestFactor, LargestFactor) : 1;
            (down[c], up[c]) = (1 / factor, factor);
            pair.Factors[c] /= factor;
            moved = Math.Max(moved, Math.Abs(Math.Log(factor)));
        }

        pair.First.ScaleOutputs(down);
        pair.Second.ScaleInputs(up, pair.Path.Spread);
        return moved;
    }

    private sealed record Pair(WeightedLayer First, WeightedLayer Second, ScalePath Path)
    {
        /// <summary>All factors of the value in between so far.</summary>
        public double[] Factors { get; } = [.. Enumerable.Repeat(1d, First.Outputs)];
    }
}
