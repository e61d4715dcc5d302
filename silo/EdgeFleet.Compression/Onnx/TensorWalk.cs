namespace EdgeFleet.Compression.Onnx;

/// <summary>Visits every part of a model, subgraphs and functions included. Depth is bounded by the reader.</summary>
internal static class TensorWalk
{
    public static IEnumerable<OnnxTensor> All(OnnxModel model) =>
        Of(model.Graph).Concat(model.Functions.SelectMany(f => f.Nodes.SelectMany(Of)));

    public static IEnumerable<OnnxTensor> Of(OnnxGraph graph) => graph.Initializers.Concat(graph.Nodes.SelectMany(Of));

    /// <summary>Graphs from the outermost in.</summary>
    public static IEnumerable<OnnxGraph> Graphs(OnnxGraph graph) =>
        graph.Nodes.SelectMany(n => n.Subgraphs).SelectMany(Graphs).Prepend(graph);

    private static IEnumerable<OnnxTensor> Of(OnnxNode node)
    {
        foreach (var attribute in node.Attributes)
        {
            if (attribute.T is { } tensor)
            {
                yield return tensor;
            }

            foreach (var listed in attribute.Tensors)
            {
                yield return listed;
            }
        }

        foreach (var graph in node.Subgraphs)
        {
            foreach (var tensor in Of(graph))
            {
                yield return tensor;
            }
        }
    }
}
