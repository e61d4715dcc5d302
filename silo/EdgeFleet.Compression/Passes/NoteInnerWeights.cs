using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Changes nothing; says which nodes keep float weights within their subgraphs: those that no calibration sample reached, so that
/// static quantization has no ranges, and those of operators that it leaves float in the main graph too.
/// </summary>
internal sealed class NoteInnerWeights : IGraphPass
{
    private static readonly string[] s_weighted = ["Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU"];
    private readonly List<string> _notes = [];

    public string Name => "keep-inner-graphs-float";

    public IReadOnlyList<string> Notes => _notes;

    public int Apply(ModelGraph graph)
    {
        foreach (var node in graph.Nodes)
        {
            var (layers, elements) = (0, 0L);
            foreach (var subgraph in node.Subgraphs)
            {
                Count(graph.Enter(node, subgraph), ref layers, ref elements);
            }

            if (layers > 0)
            {
                _notes.Add($"{node.Label} keeps {layers} {(layers == 1 ? "layer" : "layers")} with {elements} weights float: they lie in its subgraphs, and no calibration sample reached them, or static integers have no form for them. int8-dynamic and the weight-only kinds do without samples.");
            }
        }

        return 0;
    }

    private static void Count(ModelGraph graph, ref int layers, ref long elements)
    {
        foreach (var node in graph.Nodes)
        {
            if (node.Is(s_weighted) && graph.TryFloats(node.InputOrEmpty(1), out var weights))
            {
                layers++;
                elements += weights.Count;
            }

            foreach (var subgraph in node.Subgraphs)
            {
                Count(graph.Enter(node, subgraph), ref layers, ref elements);
            }
        }
    }
}
