using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// What every model must fulfil, before the first pass and after each: every value is defined once and before nothing else needs
/// it, operators are known and keep to their specification (see <see cref="OperatorSpecs"/>), tensors hold what their dimensions
/// claim, weights are finite. Linear in nodes.
/// </summary>
internal static class GraphVerifier
{
    /// <summary>Problems told at most; a broken file has thousands.</summary>
    private const int MostProblems = 20;

    /// <exception cref="InvalidModelException">The first problem.</exception>
    public static void Verify(OnnxModel model, bool content = true)
    {
        foreach (var problem in Problems(model, content))
        {
            throw new InvalidModelException(problem.Message, problem.Subject);
        }
    }

    /// <summary>Everything wrong with a model, up to twenty problems.</summary>
    /// <param name="model">As read.</param>
    /// <param name="content">Whether tensors are read through: their sizes, and floats for NaN and infinity.</param>
    public static IEnumerable<ModelProblem> Problems(OnnxModel model, bool content = true)
    {
        var problems = Opset(model)
            .Concat(Graph(model.Graph, [], new FunctionTable(model)))
            .Concat(Bodies(model))
            .Concat(content ? TensorWalk.All(model).SelectMany(Tensor).Concat(NumberCheck.Of(model)) : [])
            .Take(MostProblems)
            .ToList();

        // Shapes and types mean something only in a graph that hangs together.
        return problems.Count > 0 ? problems : Specification(model).Take(MostProblems);
    }

    private static IEnumerable<ModelProblem> Opset(OnnxModel model)
    {
        var version = model.OpsetOf("");
        if (version is null && TensorWalk.Graphs(model.Graph).Any(g => g.Nodes.Exists(n => OnnxOpset.Normalize(n.Domain).Length == 0)))
        {
            yield return new("opset", "ai.onnx", "The model uses ai.onnx operators without importing an ai.onnx operator set.");
        }
        else if (version is < KnownOperators.OldestOpset or > KnownOperators.NewestOpset)
        {
            yield return new("opset", "ai.onnx", $"The model is written in ai.onnx opset {version}; {KnownOperators.OldestOpset} to {KnownOperators.NewestOpset} are supported. Export it again with one of these.");
        }
    }

    private static IEnumerable<ModelProblem> Graph(OnnxGraph graph, IReadOnlyList<HashSet<string>> outer, FunctionTable functions)
    {
        if (graph.HasSparseInitializers)
        {
            yield return new("sparse", graph.Name ?? "", $"Graph '{graph.Name}' has sparse initializers, which are not supported; store them dense.");
        }

        var defined = new HashSet<string>();
        foreach (var name in graph.Inputs.Select(i => i.Name ?? "").Where(n => n.Length == 0 || !defined.Add(n)))
        {
            yield return new("duplicate", name, $"Graph input '{name}' is {(name.Length == 0 ? "without a name" : "defined twice")}.");
        }

        var constants = new HashSet<string>();
        foreach (var name in graph.Initializers.Select(i => i.Name ?? ""))
        {
            if (name.Length == 0 || !constants.Add(name))
            {
                yield return new("duplicate", name, $"Initializer '{name}' is {(name.Length == 0 ? "without a name" : "defined twice")}.");
            }

            defined.Add(name);
        }

        foreach (var node in graph.Nodes)
        {
            foreach (var output in node.Outputs.Where(o => o.Length > 0 && !defined.Add(o)))
            {
                yield return new("duplicate", output, $"Value '{output}' is defined twice, the second time by {node.Label}.");
            }
        }

        var scopes = outer.Append(defined).ToList();
        foreach (var node in graph.Nodes)
        {
            foreach (var problem in Node(node, scopes, functions))
            {
                yield return problem;
            }
        }

        if (outer.Count == 0 && graph.Outputs.Count == 0)
        {
            yield return new("output", graph.Name ?? "", "The graph has no outputs.");
        }

        foreach (var output in graph.Outputs.Select(o => o.Name ?? "").Where(o => !scopes.Exists(s => s.Contains(o))))
        {
            yield return new("output", output, $"Graph output '{output}' is produced by no node.");
        }

        if (CycleIn(graph) is { } cycle)
        {
            yield return new("cycle", cycle.Subject ?? "", cycle.Message);
        }
    }

    private static IEnumerable<ModelProblem> Node(OnnxNode node, List<HashSet<string>> scopes, FunctionTable functions)
    {
        var domain = OnnxOpset.Normalize(node.Domain);
        if (functions.Called(node) is { } function)
        {
            if (node.Inputs.Count > function.Inputs.Count || node.Outputs.Count > function.Outputs.Count)
            {
                yield return new("arity", node.Label, $"{node.Label} has {node.Inputs.Count} inputs and {node.Outputs.Count} outputs; the function '{function.Name}' has {function.Inputs.Count} and {function.Outputs.Count}.");
            }
        }
        else
        {
            if (!KnownOperators.IsKnownDomain(domain))
            {
                yield return new("operator", node.Label, $"{node.Label} belongs to domain '{domain}', which is not supported.");
            }
            else if (!KnownOperators.IsKnown(domain, node.OpType))
            {
                yield return new("operator", node.Label, $"{node.Label}: the operator '{node.OpType}' is not supported.");
            }
        }

        foreach (var input in node.Inputs.Where(i => i.Length > 0 && !scopes.Exists(s => s.Contains(i))))
        {
            yield return new("dangling", node.Label, $"{node.Label} uses '{input}', which nothing defines.");
        }

        foreach (var subgraph in node.Subgraphs)
        {
            foreach (var problem in Graph(subgraph, scopes, functions))
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<ModelProblem> Specification(OnnxModel model)
    {
        var functions = new FunctionTable(model);
        return SpecificationCheck.Problems(model, n => functions.Called(n) is not null);
    }

    /// <summary>Function bodies, like graphs of their own: they see nothing from outside.</summary>
    private static IEnumerable<ModelProblem> Bodies(OnnxModel model)
    {
        var functions = new FunctionTable(model);
        var names = new HashSet<(string?, string?, string?)>();
        foreach (var function in model.Functions)
        {
            if (!names.Add((OnnxOpset.Normalize(function.Domain), function.Name, function.Overload)))
            {
                yield return new("duplicate", function.Name ?? "", $"The function '{function.Name}' is defined twice.");
            }

            if (functions.OpsetIsMissing(function))
            {
                yield return new("opset", function.Name ?? "", $"The function '{function.Name}' uses ai.onnx operators without importing an ai.onnx operator set.");
            }

            var body = new OnnxGraph { Name = function.Name };
            body.Nodes.AddRange(function.Nodes);
            body.Inputs.AddRange(function.Inputs.Select(i => new OnnxValueInfo { Name = i }));
            body.Outputs.AddRange(function.Outputs.Select(o => new OnnxValueInfo { Name = o }));
            foreach (var problem in Graph(body, [], functions))
            {
                yield return problem with { Message = $"In the function '{function.Name}': {problem.Message}" };
            }
        }
    }

    private static InvalidModelException? CycleIn(OnnxGraph graph)
    {
        try
        {
            TopologicalOrder.Of(graph.Nodes);
            return null;
        }
        catch (InvalidModelException cycle)
        {
            return cycle;
        }
    }

    private static IEnumerable<ModelProblem> Tensor(OnnxTensor tensor)
    {
        ModelProblem? problem = null;
        try
        {
            TensorContent.Check(tensor);
            if (!tensor.IsExternal && !IsFinite(tensor))
            {
                problem = new("non-finite", tensor.Name ?? "", $"Tensor '{tensor.Name}' holds NaN or infinity at element {FirstNonFinite(tensor)}.");
            }
        }
        catch (CompressionInputException e)
        {
            problem = new("tensor", tensor.Name ?? "", e.Message);
        }

        if (problem is not null)
        {
            yield return problem;
        }
    }

    /// <summary>Weights must be finite; a scalar may be infinite, as in an attention mask or an open Clip.</summary>
    private static bool IsFinite(OnnxTensor tensor)
    {
        switch (tensor.ElementType)
        {
            case OnnxElementType.Float:
                var floats = TensorContent.Floats(tensor);
                return floats.Length <= 1 ? floats.Length == 0 || !float.IsNaN(floats[0]) : TensorPrimitives.IsFiniteAll(floats);
            case OnnxElementType.Double:
                var doubles = MemoryMarshal.Cast<byte, double>(TensorContent.Bytes(tensor).Span);
                return doubles.Length <= 1 ? doubles.Length == 0 || !double.IsNaN(doubles[0]) : TensorPrimitives.IsFiniteAll(doubles);
            case OnnxElementType.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(TensorContent.Bytes(tensor).Span);
                return halves.Length <= 1 ? halves.Length == 0 || !Half.IsNaN(halves[0]) : TensorPrimitives.IsFiniteAll(halves);
            default:
                return true;
        }
    }

    private static long FirstNonFinite(OnnxTensor tensor)
    {
        var bytes = TensorContent.Bytes(tensor).Span;
        return tensor.ElementType switch
        {
            OnnxElementType.Float => First(MemoryMarshal.Cast<byte, float>(bytes), float.IsFinite),
            OnnxElementType.Double => First(MemoryMarshal.Cast<byte, double>(bytes), double.IsFinite),
            _ => First(MemoryMarshal.Cast<byte, Half>(bytes), Half.IsFinite),
        };

        static long First<T>(ReadOnlySpan<T> values, Func<T, bool> isFinite)
        {
            var i = 0;
            while (i < values.Length && isFinite(values[i]))
            {
                i++;
            }

            return i;
        }
    }
}
