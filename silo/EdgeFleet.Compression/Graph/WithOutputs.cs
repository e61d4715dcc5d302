using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Graph;

/// <summary>Makes models that give their inner values as outputs too.</summary>
internal static class WithOutputs
{
    /// <summary>Float constants beyond this many elements decide no type and no shape.</summary>
    private const long MostElements = 4096;

    /// <summary>A model to be asked for types and shapes only: its weights are inputs, so that it stays small however large they are.</summary>
    public static byte[] Skeleton(ModelGraph graph, IEnumerable<string> values)
    {
        var weights = graph.Graph.Initializers.FindAll(t => !graph.IsInput(t.Name ?? "") && t.Count > MostElements && t.ElementType is OnnxElementType.Float or OnnxElementType.Float16);
        return Of(graph, values, [], weights, []).ToArray();
    }

    /// <summary>Loads a model that gives inner values too, for runs over samples; its weights stay where they are.</summary>
    /// <param name="runner">The runtime.</param>
    /// <param name="graph">Left as it is, and its weights unchanged while the session lives.</param>
    /// <param name="values">Inner values; those that are outputs already are not added again.</param>
    /// <param name="extra">More nodes, which may use one another's outputs in this order.</param>
    /// <param name="optimization">How much time loading takes for the sake of running.</param>
    /// <exception cref="ModelRunException">The runtime refuses the model.</exception>
    public static IModelSession Load(
        IModelRunner runner, ModelGraph graph, IEnumerable<string> values, IEnumerable<OnnxNode>? extra = null, GraphOptimization optimization = GraphOptimization.All)
    {
        var outside = graph.Graph.Initializers.FindAll(t =>
            t is { RawData: not null, IsExternal: false, ElementType: OnnxElementType.Float } && t.Count > MostElements && !graph.IsInput(t.Name ?? "") && !graph.IsOutput(t.Name ?? ""));
        var options = new ModelSessionOptions
        {
            Threads = Environment.ProcessorCount,
            Lean = true,
            Optimization = optimization,
            Weights = outside.ConvertAll(t => new ModelTensor(t.Name!, t.ElementType, t.Dimensions, t.RawData!.Value)),
        };
        return runner.Load(Of(graph, values, [.. extra ?? []], [], outside).ToArray(), options);
    }

    /// <param name="graph">Left as it is.</param>
    /// <param name="values">Inner values; those that are outputs already are not added again.</param>
    /// <param name="extra">More nodes, which may use one another's outputs in this order.</param>
    public static byte[] Bytes(ModelGraph graph, IEnumerable<string> values, IEnumerable<OnnxNode>? extra = null) => Model(graph, values, extra).ToArray();

    /// <summary>As <see cref="Bytes"/>, not put together; shares nodes and constants with the graph.</summary>
    public static OnnxModel Model(ModelGraph graph, IEnumerable<string> values, IEnumerable<OnnxNode>? extra = null) => Of(graph, values, [.. extra ?? []], [], []);

    private static OnnxModel Of(ModelGraph graph, IEnumerable<string> values, List<OnnxNode> extra, List<OnnxTensor> asInputs, List<OnnxTensor> outside)
    {
        var open = asInputs.Concat(outside).ToHashSet();
        var inner = new OnnxGraph { Name = graph.Graph.Name };
        inner.Nodes.AddRange(InOrder(graph.Nodes, extra));
        inner.Initializers.AddRange(graph.Graph.Initializers.Where(t => !open.Contains(t)));
        inner.Initializers.AddRange(outside.Select(Reference));
        inner.Inputs.AddRange(graph.Graph.Inputs);
        inner.Inputs.AddRange(asInputs.Select(t => OnnxValueInfo.Tensor(t.Name!, t.ElementType, t.Dimensions.Select(d => (long?)d))));
        inner.Outputs.AddRange(graph.Graph.Outputs);
        inner.ValueInfos.AddRange(graph.Graph.ValueInfos);
        inner.KeepAll(graph.Graph);
        inner.Outputs.AddRange(values.Where(v => !graph.IsOutput(v)).Distinct().Select(v => new OnnxValueInfo { Name = v }));
        var model = new OnnxModel { IrVersion = graph.Model.IrVersion, Graph = inner };
        model.Opsets.AddRange(graph.Model.Opsets);
        model.Functions.AddRange(graph.Model.Functions);
        return model;
    }

    /// <summary>A tensor whose content is handed to the runtime apart from the model.</summary>
    private static OnnxTensor Reference(OnnxTensor tensor)
    {
        var reference = new OnnxTensor { Name = tensor.Name, ElementType = tensor.ElementType, Dimensions = [.. tensor.Dimensions], DataLocation = 1 };
        reference.ExternalData.Add(new OnnxEntry { Key = "location", Value = "handed-over" });
        return reference;
    }

    /// <summary>
    /// Each further node at once after the last that it needs. At the end of the graph they would keep every activation alive until
    /// then, and ONNX Runtime 1.30 spends the square of their number on planning for it: 5.9 s rather than 1.1 for 1,600 layers.
    /// </summary>
    private static IEnumerable<OnnxNode> InOrder(IReadOnlyList<OnnxNode> nodes, List<OnnxNode> extra)
    {
        if (extra.Count == 0)
        {
            return nodes;
        }

        var places = new Dictionary<string, int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            Note(nodes[i], i);
        }

        var after = new Dictionary<int, List<OnnxNode>>();
        foreach (var node in extra)
        {
            var place = node.Inputs.Select(input => places.GetValueOrDefault(input, -1)).DefaultIfEmpty(-1).Max();
            Note(node, place);
            if (!after.TryGetValue(place, out var here))
            {
                after[place] = here = [];
            }

            here.Add(node);
        }

        return Enumerable.Range(-1, nodes.Count + 1).SelectMany(i => (i < 0 ? [] : (OnnxNode[])[nodes[i]]).Concat(after.GetValueOrDefault(i, [])));

        void Note(OnnxNode node, int place)
        {
            foreach (var output in node.Outputs.Where(o => o.Length > 0))
            {
                places[output] = place;
            }
        }
    }
}
