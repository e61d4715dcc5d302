using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Recovery;

/// <summary>A layer of a float model and the first of its results that a variant still has.</summary>
/// <param name="Node">The layer.</param>
/// <param name="Chain">The layer and the bias and activation behind it, up to what produces the value.</param>
/// <param name="Value">The result compared, as the float model names it.</param>
internal sealed record LayerPair(OnnxNode Node, IReadOnlyList<OnnxNode> Chain, string Value)
{
    private static readonly string[] s_layers = ["Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU"];

    /// <summary>The layer's own output.</summary>
    public string Layer => OutputOf(Node);

    /// <summary>All layers, in the order of the graph. Quantization may have fused a bias, a Relu or a Clip into a layer: then the value behind it is compared.</summary>
    public static List<LayerPair> Of(ModelGraph model, VariantView variant)
    {
        var pairs = new List<LayerPair>();
        foreach (var node in model.Nodes.Where(IsLayer))
        {
            var chains = Chains(model, node);
            if ((chains.Find(c => variant.IsQuantized(c.Value)) ?? chains.Find(c => variant.Has(c.Value))) is { } pair)
            {
                pairs.Add(pair);
            }
        }

        return pairs;
    }

    public static bool IsLayer(OnnxNode node) => node.Is(s_layers) && OutputOf(node).Length > 0;

    private static string OutputOf(OnnxNode node) => node.Outputs.Find(o => o.Length > 0) ?? "";

    private static List<LayerPair> Chains(ModelGraph model, OnnxNode node)
    {
        var chains = new List<LayerPair>();
        var nodes = new List<OnnxNode> { node };
        while (true)
        {
            var value = OutputOf(nodes[^1]);
            chains.Add(new(node, [.. nodes], value));
            if (!model.HasSingleUse(value) || model.Consumers(value)[0] is not { } next
                || !(next.Is("Relu", "Clip") || (next.Is("Add") && next.Inputs.Exists(i => model.Constant(i) is not null))))
            {
                return chains;
            }

            nodes.Add(next);
        }
    }
}
