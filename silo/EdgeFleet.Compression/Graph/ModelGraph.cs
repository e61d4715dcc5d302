using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// The main graph of a model, or one graph within it, for editing: who produces and who uses each value. Edits go through this class,
/// which keeps its index; <see cref="Commit"/> puts the nodes in order again. Nothing here is worse than linear in what it touches.
/// </summary>
internal sealed partial class ModelGraph
{
    private readonly Dictionary<string, OnnxNode> _producers = [];
    private readonly Dictionary<string, List<OnnxNode>> _consumers = [];
    private readonly Dictionary<string, List<OnnxNode>> _captures = [];
    private readonly Dictionary<string, OnnxTensor> _initializers = [];
    private readonly HashSet<string> _inputs = [];
    private readonly HashSet<string> _outputs = [];
    private readonly HashSet<string> _names = [];
    private readonly HashSet<OnnxNode> _removed = [];
    private int _fresh;

    /// <param name="model">Verified; edited in place.</param>
    public ModelGraph(OnnxModel model)
    {
        Model = model;
        Reindex();
    }

    public OnnxModel Model { get; }

    /// <summary>Where constants go that are made from here on; null keeps them in memory.</summary>
    public ConstantSpool? Spool { get; init; }

    public OnnxGraph Graph => Model.Graph;

    /// <summary>Version of ai.onnx.</summary>
    public int Opset => (int)(Model.OpsetOf("") ?? 0);

    /// <summary>Nodes in order, without removed ones; those added since the last commit come last.</summary>
    public IReadOnlyList<OnnxNode> Nodes => _removed.Count == 0 ? [.. Graph.Nodes] : [.. Graph.Nodes.Where(n => !_removed.Contains(n))];

    public int NodeCount => Graph.Nodes.Count - _removed.Count;

    public OnnxNode? Producer(string value) => _producers.GetValueOrDefault(value);

    /// <summary>Nodes that name the value as an input, once for each time.</summary>
    public IReadOnlyList<OnnxNode> Consumers(string value) => _consumers.TryGetValue(value, out var nodes) ? nodes : [];

    /// <summary>True where a subgraph uses the value.</summary>
    public bool IsCaptured(string value) => _captures.ContainsKey(value);

    public bool IsInput(string value) => _inputs.Contains(value);

    public bool IsOutput(string value) => _outputs.Contains(value);

    /// <summary>True where exactly one node input uses the value and nothing else does.</summary>
    public bool HasSingleUse(string value) => Consumers(value).Count == 1 && !IsCaptured(value) && !IsOutput(value) && !IsFromOutside(value);

    public bool IsUnused(string value) => Consumers(value).Count == 0 && !IsCaptured(value) && !IsOutput(value) && !IsFromOutside(value);

    /// <summary>The constant of that name, here or in a graph around this one; a graph input that has a default is none.</summary>
    public OnnxTensor? Constant(string value) => _inputs.Contains(value) ? null
        : _initializers.GetValueOrDefault(value) ?? (IsFromOutside(value) ? Outer?.Constant(value) : null);

    public bool TryConstant(string value, [NotNullWhen(true)] out OnnxTensor? tensor) => (tensor = Constant(value)) is not null;

    /// <summary>A float constant's elements; false where the value is none or not float.</summary>
    public bool TryFloats(string value, [NotNullWhen(true)] out OnnxTensor? tensor) =>
        TryConstant(value, out tensor) && tensor.ElementType == OnnxElementType.Float;

    /// <summary>A name that occurs nowhere in the model; the same edits give the same names.</summary>
    public string Fresh(string basis)
    {
        if (Outer is not null)
        {
            return Outer.Fresh(basis);
        }

        var name = basis;
        while (!_names.Add(name))
        {
            name = $"{basis}_{++_fresh}";
        }

        return name;
    }

    public OnnxNode Add(OnnxNode node)
    {
        Graph.Nodes.Add(node);
        Index(node);
        return node;
    }

    public void Remove(OnnxNode node)
    {
        _removed.Add(node);
        foreach (var output in node.Outputs.Where(o => o.Length > 0 && _producers.GetValueOrDefault(o) == node))
        {
            _producers.Remove(output);
        }

        foreach (var input in node.Inputs.Where(i => i.Length > 0))
        {
            Drop(_consumers, input, node);
        }

        foreach (var outer in OuterValues.Of(node))
        {
            Drop(_captures, outer, node);
        }
    }

    public void SetInput(OnnxNode node, int index, string value)
    {
        while (node.Inputs.Count <= index)
        {
            node.Inputs.Add("");
        }

        if (node.Inputs[index].Length > 0)
        {
            Drop(_consumers, node.Inputs[index], node);
        }

        node.Inputs[index] = value;
        if (value.Length > 0)
        {
            Note(_consumers, value, node);
        }
    }

    /// <summary>Makes a node produce another value in place of one of its outputs.</summary>
    public void SetOutput(OnnxNode node, int index, string value)
    {
        if (_producers.GetValueOrDefault(node.Outputs[index]) == node)
        {
            _producers.Remove(node.Outputs[index]);
        }

        node.Outputs[index] = value;
        _producers[value] = node;
        _names.Add(value);
    }

    /// <summary>Lets all users of a value, subgraphs included, use another. Graph outputs keep their names.</summary>
    public void ReplaceUses(string from, string to, Func<OnnxNode, bool>? where = null)
    {
        foreach (var node in Consumers(from).Where(n => where?.Invoke(n) != false).Distinct().ToList())
        {
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] == from)
                {
                    SetInput(node, i, to);
                }
            }
        }

        if (_captures.TryGetValue(from, out var owners))
        {
            foreach (var owner in owners.Where(n => where?.Invoke(n) != false).ToList())
            {
                OuterValues.Rename(owner, from, to);
                Drop(_captures, from, owner);
                Note(_captures, to, owner);
            }
        }
    }

    public string AddConstant(OnnxTensor tensor)
    {
        if (Spool is not null && tensor.RawData is { Length: >= ConstantSpool.LeastBytes } raw && !MappedSlice.Is(raw))
        {
            tensor.RawData = Spool.Keep(raw.Span);
        }

        Graph.Initializers.Add(tensor);
        _initializers[tensor.Name!] = tensor;
        _names.Add(tensor.Name!);
        return tensor.Name!;
    }

    public string AddConstant<T>(string basis, OnnxElementType type, IEnumerable<long> dimensions, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        return AddConstant(OnnxTensor.OfRaw(Fresh(basis), type, dimensions, Spool?.Keep(bytes) ?? bytes.ToArray()));
    }

    /// <summary>Removes constants that nothing uses.</summary>
    /// <returns>How many.</returns>
    public int RemoveUnusedConstants()
    {
        var removed = Graph.Initializers.RemoveAll(t => IsUnused(t.Name ?? "") && !_inputs.Contains(t.Name ?? "") && _initializers.Remove(t.Name ?? ""));
        return removed;
    }

    /// <summary>Makes a graph input with a default a plain constant.</summary>
    public void DropInput(OnnxValueInfo input)
    {
        Graph.Inputs.Remove(input);
        _inputs.Remove(input.Name ?? "");
    }

    /// <summary>Ends a round of edits: removed nodes go, the rest is put in order, types of values that are gone are dropped.</summary>
    public void Commit()
    {
        var ordered = TopologicalOrder.Of(Nodes);
        Graph.Nodes.Clear();
        Graph.Nodes.AddRange(ordered);
        _removed.Clear();
        Graph.ValueInfos.RemoveAll(v => !_producers.ContainsKey(v.Name ?? "") && !_initializers.ContainsKey(v.Name ?? ""));
    }

    /// <summary>Builds the index anew, after edits of the model itself that did not go through this class.</summary>
    public void Reindex()
    {
        _producers.Clear();
        _consumers.Clear();
        _captures.Clear();
        _initializers.Clear();
        _names.Clear();
        _inputs.Clear();
        _outputs.Clear();
        _removed.Clear();
        _inputs.UnionWith(Graph.Inputs.Select(i => i.Name ?? ""));
        _outputs.UnionWith(Graph.Outputs.Select(o => o.Name ?? ""));
        _names.UnionWith(_inputs);
        _names.UnionWith(_outputs);
        foreach (var tensor in Graph.Initializers)
        {
            _initializers[tensor.Name ?? ""] = tensor;
            _names.Add(tensor.Name ?? "");
        }

        foreach (var inner in Graph.Nodes.SelectMany(n => n.Subgraphs).SelectMany(TensorWalk.Graphs))
        {
            _names.UnionWith(OuterValues.Definitions(inner));
        }

        foreach (var node in Graph.Nodes)
        {
            Index(node);
        }
    }

    private void Index(OnnxNode node)
    {
        foreach (var output in node.Outputs.Where(o => o.Length > 0))
        {
            _producers[output] = node;
            _names.Add(output);
        }

        foreach (var input in node.Inputs.Where(i => i.Length > 0))
        {
            Note(_consumers, input, node);
        }

        foreach (var outer in OuterValues.Of(node))
        {
            Note(_captures, outer, node);
        }
    }

    private static void Note(Dictionary<string, List<OnnxNode>> uses, string value, OnnxNode node)
    {
        if (!uses.TryGetValue(value, out var nodes))
        {
            uses[value] = nodes = [];
        }

        nodes.Add(node);
    }

    private static void Drop(Dictionary<string, List<OnnxNode>> uses, string value, OnnxNode node)
    {
        if (uses.TryGetValue(value, out var nodes) && nodes.Remove(node) && nodes.Count == 0)
        {
            uses.Remove(value);
        }
    }
}
