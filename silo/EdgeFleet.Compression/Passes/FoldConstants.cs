using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// op(constants) -> constant, computed by the runtime itself, so that folded and unfolded models agree to the last bit.
/// Conditions: a deterministic operator of a fixed list; every input constant; no graph output; nothing larger than 64 M elements
/// can come out. Works in rounds, one small model each.
/// </summary>
internal sealed class FoldConstants(IModelRunner runner, CancellationToken cancellationToken) : IGraphPass
{
    private const int Rounds = 64;
    private const double MostElements = 64 << 20;

    private static readonly HashSet<string> s_pure =
    [
        "Abs", "Add", "And", "Cast", "Ceil", "Concat", "Div", "Equal", "Erf", "Exp", "Flatten", "Floor", "Gather", "Greater", "Less", "Log",
        "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
        "Reshape", "Shape", "Sigmoid", "Size", "Slice", "Sqrt", "Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze", "Where",
    ];

    public string Name => "fold-constants";

    public bool Reveals => true;

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        var refused = new HashSet<OnnxNode>();
        for (var round = 0; round < Rounds; round++)
        {
            var nodes = graph.Nodes.Where(n => !refused.Contains(n) && IsFoldable(graph, n)).ToList();
            if (nodes.Count == 0)
            {
                break;
            }

            var alone = nodes.FindAll(n => FoldAlone(graph, n));
            if (alone.Count > 0)
            {
                changes += alone.Count;
            }
            else if (Evaluate(graph, nodes) is { } values)
            {
                nodes.ForEach(graph.Remove);
                foreach (var value in values)
                {
                    graph.AddConstant(OnnxTensor.OfRaw(value.Name, value.ElementType, value.Dimensions, value.Data));
                }

                changes += nodes.Count;
            }
            else
            {
                refused.UnionWith(nodes);
            }
        }

        return changes;
    }

    private static bool IsFoldable(ModelGraph graph, OnnxNode node)
    {
        if (!s_pure.Contains(node.OpType) || !node.Is(node.OpType) || node.Outputs.Count != 1 || graph.IsOutput(node.Outputs[0]) || node.Inputs.Count == 0)
        {
            return false;
        }

        var most = 1d;
        foreach (var input in node.Inputs)
        {
            if (input.Length == 0)
            {
                continue;
            }

            if (!graph.TryConstant(input, out var tensor) || OnnxElementTypes.BitsOf(tensor.ElementType) < 8 || tensor.IsExternal)
            {
                return false;
            }

            most *= Math.Max(1, tensor.Count);
        }

        return most <= MostElements || node.Inputs.Count(i => i.Length > 0 && graph.Constant(i)!.Count > 1) == 1;
    }

    /// <summary>Products and sums of whole numbers, as in computed shapes: not worth a session of the runtime, and the same without it.</summary>
    private static bool FoldAlone(ModelGraph graph, OnnxNode node)
    {
        if (!node.Is("Add", "Sub", "Mul") || node.Inputs.Count != 2 || Shape(0) is not { } a || Shape(1) is not { } b || (a.Count > 0 && b.Count > 0 && !a.SequenceEqual(b)))
        {
            return false;
        }

        var (left, right) = (TensorContent.Integers(graph.Constant(node.Inputs[0])!), TensorContent.Integers(graph.Constant(node.Inputs[1])!));
        var results = new long[Math.Max(left.Length, right.Length)];
        for (var i = 0; i < results.Length; i++)
        {
            var (x, y) = (left[left.Length == 1 ? 0 : i], right[right.Length == 1 ? 0 : i]);
            results[i] = unchecked(node.OpType switch { "Add" => x + y, "Sub" => x - y, _ => x * y });
        }

        graph.Remove(node);
        graph.AddConstant(OnnxTensor.Of<long>(node.Outputs[0], OnnxElementType.Int64, a.Count > 0 ? a : b, results));
        return true;

        IReadOnlyList<long>? Shape(int input) =>
            graph.Constant(node.Inputs[input]) is { ElementType: OnnxElementType.Int64, Dimensions.Count: <= 1, Count: > 0 and <= 64 } tensor ? tensor.Dimensions : null;
    }

    private IReadOnlyList<ModelTensor>? Evaluate(ModelGraph graph, List<OnnxNode> nodes)
    {
        var model = new OnnxModel { IrVersion = graph.Model.IrVersion, Graph = new OnnxGraph { Name = "constants" } };
        model.Opsets.AddRange(graph.Model.Opsets);
        model.Graph.Nodes.AddRange(nodes);
        foreach (var input in nodes.SelectMany(n => n.Inputs).Where(i => i.Length > 0).Distinct())
        {
            model.Graph.Initializers.Add(graph.Constant(input)!);
        }

        model.Graph.Outputs.AddRange(nodes.Select(n => new OnnxValueInfo { Name = n.Outputs[0] }));
        try
        {
            using var session = runner.Load(model.ToArray(), new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
            return session.Run([], [.. nodes.Select(n => n.Outputs[0])], cancellationToken);
        }
        catch (ModelRunException)
        {
            // What the runtime cannot compute alone stays in the graph, where it says so by itself when run.
            return null;
        }
    }
}
