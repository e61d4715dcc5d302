using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Inner values and constants named by their exporter -> a, .. z, a0, .. zz, a00, ..: short names make small models smaller.
/// A letter followed by base 36, counted over the whole model, subgraphs and functions included, so that no inner name hides an
/// outer one. Names of nodes go (messages then name the value that a node produces), and so do doc strings and metadata of nodes
/// and tensors, types of inner values and quantization annotations, all of which speak of the names that were. Graph inputs and
/// outputs keep theirs.
/// Conditions: none. Last of all passes, since reports and plans use the names before.
/// </summary>
internal sealed class ShortenNames : IGraphPass
{
    private const int Letters = 26, Digits = 36;
    private const int NodeDoc = 6, NodeMetadata = 9, TensorDoc = 12, TensorMetadata = 16, AttributeDoc = 13, QuantizationAnnotation = 14;

    private readonly Dictionary<string, string> _originals = [];
    private readonly HashSet<string> _border = [];
    private int _counted;
    private int _dropped;

    public string Name => "shorten-names";

    /// <summary>From each short name to the one it stands for; what kept its name is not among them.</summary>
    public IReadOnlyDictionary<string, string> Originals => _originals;

    public int Apply(ModelGraph graph)
    {
        _originals.Clear();
        _border.Clear();
        (_counted, _dropped) = (0, 0);
        var main = new Dictionary<string, string>();
        foreach (var name in graph.Graph.Inputs.Concat(graph.Graph.Outputs).Select(v => v.Name ?? ""))
        {
            main[name] = name;
            _border.Add(name);
        }

        Rename(graph.Graph, [main]);
        foreach (var function in graph.Model.Functions)
        {
            Rename(function);
        }

        graph.Reindex();
        return _originals.Count + _dropped;
    }

    /// <param name="graph">The main graph, or one within a node.</param>
    /// <param name="scopes">From names to new ones, outermost first; the last is the graph's own.</param>
    private void Rename(OnnxGraph graph, IReadOnlyList<Dictionary<string, string>> scopes)
    {
        var own = scopes[^1];
        Define(graph.Inputs.Select(i => i.Name), own);
        Define(graph.Initializers.Select(i => i.Name), own);
        Define(graph.Nodes.SelectMany(n => n.Outputs), own);
        foreach (var value in graph.Inputs.Concat(graph.Outputs))
        {
            value.Name = Find(value.Name ?? "", scopes);
        }

        foreach (var tensor in graph.Initializers)
        {
            tensor.Name = Find(tensor.Name ?? "", scopes);
            Drop(tensor, TensorDoc, TensorMetadata);
        }

        _dropped += graph.ValueInfos.Count;
        graph.ValueInfos.Clear();
        Drop(graph, QuantizationAnnotation);
        Rename(graph.Nodes, scopes);
    }

    private void Rename(OnnxFunction function)
    {
        var own = new Dictionary<string, string>();
        Define(function.Inputs, own);
        Define(function.Nodes.SelectMany(n => n.Outputs), own);
        Replace(function.Inputs, [own]);
        Replace(function.Outputs, [own]);
        _dropped += function.ValueInfos.Count;
        function.ValueInfos.Clear();
        Rename(function.Nodes, [own]);
    }

    private void Rename(List<OnnxNode> nodes, IReadOnlyList<Dictionary<string, string>> scopes)
    {
        foreach (var node in nodes)
        {
            _dropped += node.Name is null ? 0 : 1;
            node.Name = null;
            Drop(node, NodeDoc, NodeMetadata);
            Replace(node.Inputs, scopes);
            Replace(node.Outputs, scopes);
            foreach (var attribute in node.Attributes)
            {
                Drop(attribute, AttributeDoc);
                if (attribute.T is { } tensor)
                {
                    _dropped += tensor.Name is null ? 0 : 1;
                    tensor.Name = null;
                    Drop(tensor, TensorDoc, TensorMetadata);
                }
            }

            foreach (var inner in node.Subgraphs)
            {
                Rename(inner, [.. scopes, []]);
            }
        }
    }

    private void Drop(OnnxMessage message, params ReadOnlySpan<int> numbers)
    {
        var before = message.Unknown.Count;
        message.Forget(numbers);
        _dropped += before - message.Unknown.Count;
    }

    private void Define(IEnumerable<string?> names, Dictionary<string, string> scope)
    {
        foreach (var name in names)
        {
            if (name is { Length: > 0 } && !scope.ContainsKey(name))
            {
                var shorter = Next();
                scope[name] = shorter;
                _originals[shorter] = name;
            }
        }
    }

    private static void Replace(List<string> names, IReadOnlyList<Dictionary<string, string>> scopes)
    {
        for (var i = 0; i < names.Count; i++)
        {
            names[i] = Find(names[i], scopes);
        }
    }

    /// <summary>The innermost definition's new name; a name that nothing defines stays.</summary>
    private static string Find(string name, IReadOnlyList<Dictionary<string, string>> scopes)
    {
        for (var i = scopes.Count - 1; i >= 0; i--)
        {
            if (scopes[i].TryGetValue(name, out var found))
            {
                return found;
            }
        }

        return name;
    }

    private string Next()
    {
        string name;
        do
        {
            name = Nth(_counted++);
        }
        while (_border.Contains(name));
        return name;
    }

    /// <summary>a .. z, a0 .. zz, a00 .. zzz, ...: identifiers, as ONNX asks for.</summary>
    private static string Nth(int number)
    {
        var (length, first) = (1, (long)Letters);
        long rest = number;
        while (rest >= first)
        {
            rest -= first;
            first *= Digits;
            length++;
        }

        Span<char> name = stackalloc char[length];
        for (var i = length - 1; i > 0; i--)
        {
            name[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(rest % Digits)];
            rest /= Digits;
        }

        name[0] = (char)('a' + rest);
        return new string(name);
    }
}
