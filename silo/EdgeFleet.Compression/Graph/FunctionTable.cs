using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>The operators that a model defines itself.</summary>
internal sealed class FunctionTable
{
    private readonly Dictionary<(string Domain, string Name, string Overload), OnnxFunction> _functions = [];
    private readonly OnnxModel _model;

    public FunctionTable(OnnxModel model)
    {
        _model = model;
        foreach (var function in model.Functions)
        {
            _functions[(OnnxOpset.Normalize(function.Domain), function.Name ?? "", function.Overload ?? "")] = function;
        }
    }

    /// <summary>The function that a node calls; null where it is none of the model's.</summary>
    public OnnxFunction? Called(OnnxNode node) =>
        _functions.Count == 0 ? null : _functions.GetValueOrDefault((OnnxOpset.Normalize(node.Domain), node.OpType, node.Overload ?? ""));

    /// <summary>True where neither the function nor the model says in which opset its ai.onnx operators are written.</summary>
    public bool OpsetIsMissing(OnnxFunction function) =>
        _model.OpsetOf("") is null
        && !function.Opsets.Exists(o => OnnxOpset.Normalize(o.Domain).Length == 0)
        && function.Nodes.Concat(function.Nodes.SelectMany(n => n.Subgraphs).SelectMany(TensorWalk.Graphs).SelectMany(g => g.Nodes))
            .Any(n => OnnxOpset.Normalize(n.Domain).Length == 0 && Called(n) is null);
}
