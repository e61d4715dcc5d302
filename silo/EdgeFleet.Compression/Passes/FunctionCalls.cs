using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes.Opset;

namespace EdgeFleet.Compression.Passes;

/// <summary>Who calls whom among a model's functions, and what their bodies add up to.</summary>
/// <param name="called">The function that a node calls; null where it calls none.</param>
internal sealed class FunctionCalls(Func<OnnxNode, OnnxFunction?> called)
{
    /// <summary>Calls within calls.</summary>
    public const int Depth = 64;

    /// <summary>Nodes, names, attributes and numbers that may come out of all calls together: as many as a file may hold.</summary>
    public const long MostObjects = OnnxLimits.Objects;

    private readonly Dictionary<OnnxFunction, (long Size, int Height)> _sizes = [];
    private readonly HashSet<OnnxFunction> _open = [];

    /// <exception cref="InvalidModelException">A function calls itself, lies too deep, grows beyond bounds, or belongs to another opset; names it.</exception>
    public void Check(OnnxModel model)
    {
        foreach (var function in model.Functions)
        {
            CheckOpsets(model, function);
        }

        var size = 0L;
        foreach (var node in TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes))
        {
            size += called(node) is { } function ? SizeOf(function, 1).Size : 0;
            if (size > MostObjects)
            {
                throw new InvalidModelException($"{node.Label} calls functions of more than {MostObjects} nodes, names and numbers altogether.", node.Label);
            }
        }
    }

    private (long Size, int Height) SizeOf(OnnxFunction function, int depth)
    {
        if (_sizes.TryGetValue(function, out var known) && depth + known.Height - 1 <= Depth)
        {
            return known;
        }

        if (!_open.Add(function))
        {
            throw new InvalidModelException($"The function '{function.Name}' calls itself.", function.Name);
        }

        if (depth > Depth)
        {
            throw new InvalidModelException($"The function '{function.Name}' is called more than {Depth} calls deep.", function.Name);
        }

        // An empty function is not free either: its call is looked at each time.
        var (size, height) = ((long)function.Inputs.Count + function.Outputs.Count + 1, 1);
        foreach (var node in NodesOf(function))
        {
            size += ObjectsOf(node);
            if (called(node) is { } inner)
            {
                var (innerSize, innerHeight) = SizeOf(inner, depth + 1);
                (size, height) = (size + innerSize, Math.Max(height, innerHeight + 1));
            }

            size = Math.Min(MostObjects + 1, size);
        }

        _open.Remove(function);
        return _sizes[function] = (size, height);
    }

    /// <summary>What a copy of the node costs; contents of tensors are shared, and nodes of its subgraphs count by themselves.</summary>
    private static long ObjectsOf(OnnxNode node)
    {
        var objects = 1L + node.Inputs.Count + node.Outputs.Count + node.Unknown.Count;
        foreach (var attribute in node.Attributes)
        {
            objects += 1 + attribute.Floats.Count + attribute.Ints.Count + attribute.Strings.Count + attribute.Unknown.Count
                + (attribute.T is { } tensor ? ObjectsOf(tensor) : 0) + attribute.Tensors.Sum(ObjectsOf);
        }

        foreach (var graph in node.Subgraphs)
        {
            objects += 1L + graph.Inputs.Count + graph.Outputs.Count + graph.ValueInfos.Count + graph.Unknown.Count + graph.Initializers.Sum(ObjectsOf);
        }

        return objects;
    }

    private static long ObjectsOf(OnnxTensor tensor) =>
        1L + tensor.Dimensions.Count + tensor.TypedData.Count + tensor.StringData.Count + tensor.ExternalData.Count + tensor.Unknown.Count;

    private static void CheckOpsets(OnnxModel model, OnnxFunction function)
    {
        foreach (var opset in function.Opsets)
        {
            var domain = OnnxOpset.Normalize(opset.Domain);
            if (model.OpsetOf(domain) is { } version && version != opset.Version
                && (domain.Length > 0 || NodesOf(function).Any(n => Changes(n, Math.Min(version, opset.Version ?? 0), Math.Max(version, opset.Version ?? 0)))))
            {
                throw new InvalidModelException(
                    $"The function '{function.Name}' is written in opset {opset.Version} of '{domain}', the model in {version}, and its operators mean something else there.",
                    function.Name);
            }
        }
    }

    private static IEnumerable<OnnxNode> NodesOf(OnnxFunction function) =>
        function.Nodes.Concat(function.Nodes.SelectMany(n => n.Subgraphs).SelectMany(TensorWalk.Graphs).SelectMany(g => g.Nodes));

    private static bool Changes(OnnxNode node, long from, long to) => OpsetSteps.Versions.Any(v => v > from && v <= to && OpsetSteps.Of(node, v) is not null);
}
