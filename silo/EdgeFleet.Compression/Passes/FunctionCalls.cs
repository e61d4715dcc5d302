using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes.Opset;

namespace EdgeFleet.Compression.Passes;

/// <summary>Who calls whom among a model's functions, and what their bodies add up to.</summary>
/// <param name="called">The function that a node calls; null where it calls none.</param>
internal sealed class FunctionCalls(Func<OnnxNode, OnnxFunction?> called)
{
    /// <summary>Calls within calls.</summary>
    public const int Depth = 64;

    /// <summary>Nodes that may come out of all calls together.</summary>
    public const long MostNodes = 1_000_000;

    private readonly Dictionary<OnnxFunction, long> _sizes = [];
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
            size += called(node) is { } function ? SizeOf(function, 1) : 1;
            if (size > MostNodes)
            {
                throw new InvalidModelException($"{node.Label} calls functions of more than {MostNodes} nodes altogether.", node.Label);
            }
        }
    }

    private long SizeOf(OnnxFunction function, int depth)
    {
        if (_sizes.TryGetValue(function, out var known))
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

        var size = 0L;
        foreach (var node in NodesOf(function))
        {
            size = Math.Min(MostNodes + 1, size + (called(node) is { } inner ? SizeOf(inner, depth + 1) : 1));
        }

        _open.Remove(function);
        return _sizes[function] = size;
    }

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
