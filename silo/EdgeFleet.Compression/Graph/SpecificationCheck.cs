using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// Goes through a graph once, each node after what it uses, however the file lists them: holds every node to its operator's specification, and infers what is known of each
/// value. Nothing that is unknown counts against a node. Only inputs and constants are trusted, not declared inner shapes.
/// </summary>
internal sealed class SpecificationCheck
{
    private readonly Dictionary<string, ValueKind> _kinds = [];
    private readonly Dictionary<string, OnnxTensor> _constants = [];
    private readonly Dictionary<string, Dim[]> _computed = [];
    private readonly SpecificationCheck? _outer;
    private readonly int _opset;

    private SpecificationCheck(OnnxGraph graph, int opset, SpecificationCheck? outer)
    {
        (_opset, _outer) = (opset, outer);
        foreach (var input in graph.Inputs)
        {
            _kinds[input.Name ?? ""] = new(
                (OnnxElementType)(input.Type?.Tensor?.ElementType ?? 0),
                outer is null && input.Type?.Tensor?.Shape is { Dimensions.Count: <= Dim.MostDimensions } shape
                    ? [.. shape.Dimensions.Select(d => new Dim(d.Value is >= 0 ? d.Value : null, d.Parameter))] : null);
        }

        foreach (var tensor in graph.Initializers)
        {
            // A graph input that has a default may be given another shape.
            if (_kinds.TryAdd(tensor.Name ?? "", KindOf(tensor)))
            {
                _constants[tensor.Name ?? ""] = tensor;
            }
        }
    }

    /// <summary>Infers the main graph's values, subgraphs not among them.</summary>
    public static SpecificationCheck Of(OnnxModel model)
    {
        var check = new SpecificationCheck(model.Graph, (int)(model.OpsetOf("") ?? 0), null);
        foreach (var node in TopologicalOrder.Of(model.Graph.Nodes))
        {
            check.Infer(node, OperatorSpecs.Of(node));
        }

        return check;
    }

    /// <summary>What a model's nodes break, subgraphs included.</summary>
    /// <param name="model">Names checked; any shapes.</param>
    /// <param name="ownFunction">True for a node that calls one of the model's functions.</param>
    public static IEnumerable<ModelProblem> Problems(OnnxModel model, Func<OnnxNode, bool> ownFunction) =>
        new SpecificationCheck(model.Graph, (int)(model.OpsetOf("") ?? 0), null).Problems(model.Graph, ownFunction);

    /// <summary>What is known of a value.</summary>
    public ValueKind KindOf(string value) => _kinds.TryGetValue(value, out var kind) ? kind : _outer?.KindOf(value) ?? default;

    private OnnxTensor? Constant(string value) => _constants.GetValueOrDefault(value) ?? (_kinds.ContainsKey(value) ? null : _outer?.Constant(value));

    private Dim[]? Computed(string value) => _computed.GetValueOrDefault(value) ?? (_kinds.ContainsKey(value) ? null : _outer?.Computed(value));

    private IEnumerable<ModelProblem> Problems(OnnxGraph graph, Func<OnnxNode, bool> ownFunction)
    {
        foreach (var node in TopologicalOrder.Of(graph.Nodes))
        {
            if (!ownFunction(node) && OperatorSpecs.Of(node) is { } spec)
            {
                if (Breach(node, spec) is { } breach)
                {
                    yield return breach;
                    continue;
                }

                if (Infer(node, spec) is { } conflict)
                {
                    yield return new("shape", node.Label, $"{node.Label}: {conflict}. {spec.Type} takes {spec.ShapeText}.");
                }
            }

            foreach (var subgraph in node.Subgraphs)
            {
                foreach (var problem in new SpecificationCheck(subgraph, _opset, this).Problems(subgraph, ownFunction))
                {
                    yield return problem;
                }
            }
        }
    }

    private ModelProblem? Breach(OnnxNode node, OperatorSpec spec)
    {
        if (spec.Domain.Length == 0 && _opset < spec.Since && spec.Since > KnownOperators.OldestOpset)
        {
            return new("opset", node.Label, $"{node.Label}: {spec.Type} exists since opset {spec.Since}; the model is written in {_opset}.");
        }

        if (node.Inputs.Count < spec.LeastInputs || node.Inputs.Count > spec.MostInputs)
        {
            return new("arity", node.Label, $"{node.Label} has {node.Inputs.Count} inputs where {spec.Type} takes {spec.LeastInputs} to {spec.MostInputs}.");
        }

        if (node.Inputs.Take(spec.NeededInputs).Any(i => i.Length == 0))
        {
            return new("arity", node.Label, $"{node.Label} leaves out one of the first {spec.NeededInputs} inputs that {spec.Type} needs.");
        }

        if (node.Outputs.Count < 1 || node.Outputs.Count > spec.MostOutputs)
        {
            return new("arity", node.Label, $"{node.Label} has {node.Outputs.Count} outputs where {spec.Type} gives 1 to {spec.MostOutputs}.");
        }

        foreach (var span in spec.Domain.Length > 0 ? [] : spec.Attributes.Where(a => (_opset < a.Since || _opset >= a.Until) && node.Attribute(a.Name) is not null))
        {
            return new("attribute", node.Label, $"{node.Label}: {spec.Type} has the attribute '{span.Name}' {(_opset < span.Since ? $"since opset {span.Since}" : $"until opset {span.Until - 1}")}; the model is written in {_opset}.");
        }

        return TypeBreach(node, spec);
    }

    private ModelProblem? TypeBreach(OnnxNode node, OperatorSpec spec)
    {
        var first = node.Inputs.Count > 0 ? KindOf(node.Inputs[0]).Type : OnnxElementType.Undefined;
        if (!OperatorSpec.Allows(spec.Types, first))
        {
            return new("type", node.Label, $"{node.Label}: {spec.Type} does not take {OnnxElementTypes.NameOf(first)}.");
        }

        for (var i = 1; i < Math.Min(spec.SameTypes, node.Inputs.Count); i++)
        {
            var type = node.Inputs[i].Length > 0 ? KindOf(node.Inputs[i]).Type : OnnxElementType.Undefined;
            if (type != first && type != OnnxElementType.Undefined && first != OnnxElementType.Undefined)
            {
                return new("type", node.Label, $"{node.Label}: {spec.Type} takes inputs of one type; '{node.Inputs[i]}' is {OnnxElementTypes.NameOf(type)}, '{node.Inputs[0]}' {OnnxElementTypes.NameOf(first)}.");
            }
        }

        return null;
    }

    /// <summary>Notes what is known of a node's outputs.</summary>
    /// <returns>How its inputs contradict each other; null where they do not.</returns>
    private string? Infer(OnnxNode node, OperatorSpec? spec)
    {
        if (node.Is("Constant") && node.Attribute("value")?.T is { } value)
        {
            _constants[node.Outputs[0]] = value;
            _kinds[node.Outputs[0]] = KindOf(value);
            return null;
        }

        var question = new ShapeQuestion(node, _opset, KindOf, Constant, Computed);
        if (spec?.Domain.Length == 0 && node.Outputs.Count > 0 && ShapeValues.Of(question) is { } elements)
        {
            _computed[node.Outputs[0]] = elements;
        }

        var shapes = spec?.Shape?.Invoke(question) ?? [];
        for (var i = 0; i < node.Outputs.Count; i++)
        {
            if (node.Outputs[i].Length > 0)
            {
                _kinds[node.Outputs[i]] = new(spec is null ? OnnxElementType.Undefined : TypeOf(node, spec, i), i < shapes.Count ? shapes[i] : null);
            }
        }

        return question.Conflict;
    }

    private OnnxElementType TypeOf(OnnxNode node, OperatorSpec spec, int output)
    {
        OnnxElementType Input(int i) => node.InputOrEmpty(i) is { Length: > 0 } name ? KindOf(name).Type : OnnxElementType.Undefined;
        return spec.Output switch
        {
            OutputType.Bool => OnnxElementType.Bool,
            OutputType.Int32 => OnnxElementType.Int32,
            OutputType.Int64 => OnnxElementType.Int64,
            OutputType.Second => Input(1),
            OutputType.Same when node.Is("Dropout") && output > 0 => OnnxElementType.Undefined,
            OutputType.Same => Input(node.Is("Where") ? 1 : 0),
            _ when node.Is("Cast") => (OnnxElementType)node.Int("to", 0),
            _ when node.Is("ConstantOfShape") => node.Attribute("value")?.T?.ElementType ?? OnnxElementType.Float,
            _ when node.Is("MaxPool") => output == 0 ? Input(0) : OnnxElementType.Int64,
            _ when node.Is("DynamicQuantizeLinear") => output == 1 ? OnnxElementType.Float : OnnxElementType.UInt8,
            _ when node.Is("QuantizeLinear") && node.InputOrEmpty(2).Length > 0 => Input(2),
            _ => OnnxElementType.Undefined,
        };
    }

    private static ValueKind KindOf(OnnxTensor tensor) => 
        new(tensor.ElementType, tensor.Dimensions.Count <= Dim.MostDimensions ? [.. tensor.Dimensions.Select(d => (Dim)d)] : null);
}
