using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>One graph while its nodes are lifted: what is known of its values, and where the nodes and constants go.</summary>
/// <param name="graph">The main graph or a subgraph.</param>
/// <param name="outer">The graph around it; null for the main graph.</param>
/// <param name="facts">Types and ranks of the main graph's values.</param>
/// <param name="fresh">Makes a name that occurs nowhere in the model.</param>
internal sealed class LiftScope(OnnxGraph graph, LiftScope? outer, ValueFacts facts, Func<string, string> fresh)
{
    private readonly Dictionary<string, OnnxTensor> _constants = Constants(graph);
    private readonly Dictionary<string, OnnxElementType> _declared = Declared(graph);
    private readonly List<OnnxNode> _nodes = new(graph.Nodes.Count);
    private HashSet<string>? _used;

    /// <summary>A scope around a subgraph of this graph.</summary>
    public LiftScope Inner(OnnxGraph subgraph) => new(subgraph, this, facts, fresh);

    /// <summary>Adds a node after those added before.</summary>
    public void Emit(OnnxNode node) => _nodes.Add(node);

    /// <summary>Adds a node of one output.</summary>
    /// <returns>The output.</returns>
    public string Emit(string type, string output, IEnumerable<string> inputs, params OnnxAttribute[] attributes)
    {
        _nodes.Add(new OnnxNode { OpType = type, Name = output, Inputs = [.. inputs], Outputs = [output], Attributes = [.. attributes] });
        return output;
    }

    /// <summary>Puts what was emitted in place of the graph's nodes.</summary>
    public void Replace()
    {
        graph.Nodes.Clear();
        graph.Nodes.AddRange(_nodes);
        _nodes.Clear();
    }

    public string Fresh(string basis) => fresh(basis);

    /// <summary>Moves an integer list from an attribute to an input, where there is one.</summary>
    public void MoveInts(OnnxNode node, string attribute, int input)
    {
        if (node.Attribute(attribute) is { } moved)
        {
            node.RemoveAttribute(attribute);
            SetInput(node, input, Constant<long>($"{Basis(node)}_{attribute}", OnnxElementType.Int64, [moved.Ints.Count], moved.Ints.ToArray()));
        }
    }

    /// <summary>Moves a number from an attribute to an input of the type of the node's first input.</summary>
    public void MoveFloat(OnnxNode node, string attribute, int input)
    {
        if (node.Attribute(attribute)?.F is { } value)
        {
            node.RemoveAttribute(attribute);
            SetInput(node, input, Number($"{Basis(node)}_{attribute}", TypeOf(node.Inputs[0]), value));
        }
    }

    public string Constant<T>(string basis, OnnxElementType type, IReadOnlyList<long> dimensions, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var tensor = OnnxTensor.Of(fresh(basis), type, dimensions, values);
        graph.Initializers.Add(tensor);
        _constants[tensor.Name!] = tensor;
        return tensor.Name!;
    }

    /// <summary>A scalar of a floating type.</summary>
    public string Number(string basis, OnnxElementType type, float value) => type switch
    {
        OnnxElementType.Float16 => Constant(basis, type, [], [(Half)value]),
        OnnxElementType.Double => Constant(basis, type, [], [(double)value]),
        _ => Constant(basis, OnnxElementType.Float, [], [value]),
    };

    /// <summary>The constant of that name, here or further out.</summary>
    public OnnxTensor? ConstantOf(string name) => _constants.GetValueOrDefault(name) ?? outer?.ConstantOf(name);

    /// <summary>The element type; Undefined where neither the runtime nor a declaration tells.</summary>
    public OnnxElementType TypeOf(string name) =>
        facts.TypeOf(name) is not OnnxElementType.Undefined and var known ? known
        : _declared.TryGetValue(name, out var declared) ? declared
        : outer?.TypeOf(name) ?? OnnxElementType.Undefined;

    public int? RankOf(string name) => facts.RankOf(name);

    /// <summary>True where a node, a subgraph or the graph's outputs use the value.</summary>
    public bool IsUsed(string name) => (_used ??= Used(graph)).Contains(name);

    public static string Basis(OnnxNode node) => node.Outputs.Find(o => o.Length > 0) ?? node.OpType;

    public static void SetInput(OnnxNode node, int index, string value)
    {
        while (node.Inputs.Count <= index)
        {
            node.Inputs.Add("");
        }

        node.Inputs[index] = value;
    }

    private static HashSet<string> Used(OnnxGraph graph) =>
    [
        .. graph.Nodes.SelectMany(n => n.Inputs.Concat(OuterValues.Of(n))),
        .. graph.Outputs.Select(o => o.Name ?? ""),
    ];

    private static Dictionary<string, OnnxTensor> Constants(OnnxGraph graph)
    {
        var constants = new Dictionary<string, OnnxTensor>();
        foreach (var tensor in graph.Initializers)
        {
            constants[tensor.Name ?? ""] = tensor;
        }

        foreach (var input in graph.Inputs)
        {
            constants.Remove(input.Name ?? "");
        }

        foreach (var node in graph.Nodes)
        {
            if (node.Is("Constant") && node.Attribute("value")?.T is { } value)
            {
                constants[node.Outputs[0]] = value;
            }
        }

        return constants;
    }

    private static Dictionary<string, OnnxElementType> Declared(OnnxGraph graph)
    {
        var types = new Dictionary<string, OnnxElementType>();
        foreach (var value in graph.Inputs.Concat(graph.Outputs).Concat(graph.ValueInfos))
        {
            if (value.Type?.Tensor?.ElementType is { } type)
            {
                types[value.Name ?? ""] = (OnnxElementType)type;
            }
        }

        foreach (var tensor in graph.Initializers)
        {
            types[tensor.Name ?? ""] = tensor.ElementType;
        }

        return types;
    }
}
