using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// y = F(x), F a function of the model -> the nodes of F's body, under fresh names, attributes put in place; no function is left.
/// Also in subgraphs and in other functions. Only so do weights within functions become visible to the passes.
/// Conditions, each a reason to refuse the model: no function calls itself, calls nest at most 64 deep, not more comes out than a file
/// may hold, and a body written in another opset than the model means the same in both.
/// </summary>
/// <remarks>ONNX IR specification, Functions: a name is local to the body; an attribute by reference that the call leaves out takes the function's default, or is left out itself.</remarks>
internal sealed class InlineFunctions : IGraphPass
{
    /// <summary>Characters that an inner name takes over from each of its parts: without a bound, names within names make a small file large.</summary>
    private const int NamePart = 64;

    private readonly Dictionary<(string Domain, string Name, string Overload), OnnxFunction> _functions = [];

    public string Name => "inline-functions";

    public bool Reveals => true;

    /// <exception cref="InvalidModelException">A condition does not hold; names the function.</exception>
    public int Apply(ModelGraph graph)
    {
        if (graph.Model.Functions.Count == 0)
        {
            return 0;
        }

        foreach (var function in graph.Model.Functions)
        {
            _functions[(OnnxOpset.Normalize(function.Domain), function.Name ?? "", function.Overload ?? "")] = function;
        }

        graph.Commit();
        new FunctionCalls(Called).Check(graph.Model);
        ImportDomains(graph.Model);
        var changes = Expand(graph.Graph, graph.Fresh);
        graph.Model.Functions.Clear();
        DropDomains(graph.Model);
        graph.Reindex();
        return changes + 1;
    }

    private OnnxFunction? Called(OnnxNode node) =>
        _functions.GetValueOrDefault((OnnxOpset.Normalize(node.Domain), node.OpType, node.Overload ?? ""));

    private int Expand(OnnxGraph graph, Func<string, string> fresh)
    {
        var (nodes, changes) = (new List<OnnxNode>(graph.Nodes.Count), 0);
        foreach (var node in graph.Nodes)
        {
            changes += Emit(node, nodes, fresh);
        }

        graph.Nodes.Clear();
        graph.Nodes.AddRange(nodes);
        return changes;
    }

    private int Emit(OnnxNode node, List<OnnxNode> nodes, Func<string, string> fresh)
    {
        var changes = node.Subgraphs.Sum(g => Expand(g, fresh));
        if (Called(node) is not { } function)
        {
            nodes.Add(node);
            return changes;
        }

        return changes + Body(function, node, fresh).Sum(inner => Emit(inner, nodes, fresh)) + 1;
    }

    private static List<OnnxNode> Body(OnnxFunction function, OnnxNode call, Func<string, string> fresh)
    {
        var names = new Dictionary<string, string>();
        for (var i = 0; i < function.Inputs.Count; i++)
        {
            names[function.Inputs[i]] = call.InputOrEmpty(i);
        }

        var nodes = new List<OnnxNode>();
        for (var i = 0; i < function.Outputs.Count; i++)
        {
            var given = i < call.Outputs.Count ? call.Outputs[i] : "";
            if (given.Length > 0 && !names.TryAdd(function.Outputs[i], given))
            {
                // An output that is an input, or the same as an earlier output.
                nodes.Add(new OnnxNode { OpType = "Identity", Name = given, Inputs = [names[function.Outputs[i]]], Outputs = [given] });
            }
        }

        var basis = Tail(string.IsNullOrEmpty(call.Name) ? call.Outputs.Find(o => o.Length > 0) ?? call.OpType : call.Name);
        string Rename(string name) => names.TryGetValue(name, out var known) ? known : names[name] = fresh($"{basis}/{Tail(name)}");
        var copy = new GraphCopy(Rename, attribute => Resolve(function, call, attribute));
        return [.. function.Nodes.Select(n => copy.Of(n, $"{basis}/{Tail(n.Name ?? "")}")), .. nodes];
    }

    /// <summary>The end of a name, which tells more than its beginning.</summary>
    private static string Tail(string name) => name.Length <= NamePart ? name : name[^NamePart..];

    private static OnnxAttribute? Resolve(OnnxFunction function, OnnxNode call, OnnxAttribute attribute)
    {
        if (string.IsNullOrEmpty(attribute.RefAttrName))
        {
            return attribute;
        }

        var value = call.Attribute(attribute.RefAttrName) ?? function.Attributes.Find(a => a.Name == attribute.RefAttrName);
        var copy = value?.Renamed(attribute.Name ?? "");
        if (copy?.T is { } tensor)
        {
            copy.T = GraphCopy.Of(tensor);
        }

        return copy;
    }

    /// <summary>A body may use domains that the model itself does not name.</summary>
    private static void ImportDomains(OnnxModel model)
    {
        foreach (var opset in model.Functions.SelectMany(f => f.Opsets))
        {
            if (model.OpsetOf(opset.Domain ?? "") is null)
            {
                model.SetOpset(opset.Domain ?? "", opset.Version ?? 1);
            }
        }
    }

    /// <summary>The functions' own domains go with them.</summary>
    private void DropDomains(OnnxModel model)
    {
        var used = TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes).Select(n => OnnxOpset.Normalize(n.Domain)).ToHashSet();
        var own = _functions.Keys.Select(k => k.Domain).ToHashSet();
        model.Opsets.RemoveAll(o => OnnxOpset.Normalize(o.Domain) is { Length: > 0 } domain && own.Contains(domain) && !used.Contains(domain));
    }
}
