using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// Element types and shapes of the main graph's values: by the engine's own rules where they know all of them, else as the runtime
/// infers them when the model is loaded.
/// </summary>
internal sealed class ValueFacts
{
    private readonly Dictionary<string, ModelTensorInfo> _values = [];

    private ValueFacts()
    {
    }

    /// <summary>Knows nothing.</summary>
    public static ValueFacts None { get; } = new();

    /// <summary>Infers them, or asks the runtime.</summary>
    /// <exception cref="InvalidModelException">The runtime does not load the model.</exception>
    public static ValueFacts Of(ModelGraph graph, IModelRunner runner) => Inferred(graph) ?? Asked(graph, runner);

    /// <summary>What the operators' specifications tell. Takes no time beside loading a model.</summary>
    /// <returns>Null unless type and rank of every value are known, and each dimension by number or symbol.</returns>
    public static ValueFacts? Inferred(ModelGraph graph)
    {
        if (graph.Graph != graph.Model.Graph || graph.Model.Functions.Count > 0)
        {
            return null;
        }

        var facts = new ValueFacts();
        var check = SpecificationCheck.Of(graph.Model);
        foreach (var value in graph.Graph.Inputs.Select(i => i.Name ?? "").Concat(graph.Nodes.SelectMany(n => n.Outputs)).Where(v => v.Length > 0))
        {
            var kind = check.KindOf(value);
            if (kind.Type == OnnxElementType.Undefined || kind.Shape is not { } shape || Array.Exists(shape, d => !d.IsKnown && d.Symbol is null))
            {
                return null;
            }

            facts._values[value] = new(value, kind.Type, Array.ConvertAll(shape, d => d.Value ?? -1));
        }

        facts.AddConstants(graph);
        return facts;
    }

    /// <summary>Loads a copy of the model with every value as an output, and asks.</summary>
    /// <exception cref="InvalidModelException">The runtime does not load the model.</exception>
    public static ValueFacts Asked(ModelGraph graph, IModelRunner runner)
    {
        var facts = new ValueFacts();
        var names = graph.Nodes.SelectMany(n => n.Outputs).Where(o => o.Length > 0).ToList();
        try
        {
            using var session = runner.Load(WithOutputs.Skeleton(graph, names), new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
            foreach (var value in session.Outputs.Concat(session.Inputs))
            {
                facts._values[value.Name] = value;
            }
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime cannot load the model: {e.Message}", null, e);
        }

        facts.AddConstants(graph);
        return facts;
    }

    /// <summary>
    /// The same for a graph within another, run on its own: what it takes from around it becomes its inputs. Where the runtime
    /// cannot tell (values that are no tensors, shapes that do not fit), nothing is known.
    /// </summary>
    /// <param name="inner">Left as it is.</param>
    /// <param name="outer">Facts of the graph around it.</param>
    /// <param name="runner">The runtime.</param>
    public static ValueFacts OfInner(ModelGraph inner, ValueFacts outer, IModelRunner runner)
    {
        var graph = new OnnxGraph { Name = inner.Graph.Name };
        graph.Nodes.AddRange(inner.Nodes);
        graph.Initializers.AddRange(inner.Graph.Initializers);
        graph.Inputs.AddRange(inner.Graph.Inputs.Select((input, i) => input.Type is null ? BodyInput(inner.Owner!, i, input.Name ?? "", outer) : input));
        graph.Outputs.AddRange(inner.Graph.Outputs.Where(o => !inner.IsFromOutside(o.Name ?? "")).Select(o => new OnnxValueInfo { Name = o.Name }));
        foreach (var value in OuterValues.Of(inner.Owner!).Where(inner.IsFromOutside))
        {
            if (inner.Constant(value) is { } constant)
            {
                graph.Initializers.Add(constant);
            }
            else
            {
                graph.Inputs.Add(outer.Declaration(value, value));
            }
        }

        var model = new OnnxModel { IrVersion = inner.Model.IrVersion, Graph = graph };
        model.Opsets.AddRange(inner.Model.Opsets);
        try
        {
            return Of(new ModelGraph(model), runner);
        }
        catch (InvalidModelException)
        {
            return None;
        }
    }

    /// <summary>The type, or Undefined where the value is unknown or no tensor.</summary>
    public OnnxElementType TypeOf(string value) => _values.TryGetValue(value, out var info) ? info.ElementType : OnnxElementType.Undefined;

    public bool IsFloat(string value) => TypeOf(value) == OnnxElementType.Float;

    /// <summary>The rank; null where it is unknown. (The runtime reports an unknown rank like a scalar's.)</summary>
    public int? RankOf(string value) =>
        _values.TryGetValue(value, out var info) && info.Dimensions.Count > 0 ? info.Dimensions.Count : null;

    /// <summary>Rows of a matrix, or of a batch of them, that belong to one sample: 1 for [batch, K], 17 for [batch, 17, K]; null where it is unknown.</summary>
    public long? RowsOf(string value)
    {
        if (RankOf(value) is not >= 2)
        {
            return null;
        }

        var rows = _values[value].Dimensions.Skip(1).SkipLast(1).ToList();
        return rows.Exists(r => r < 0) ? null : rows.Aggregate(1L, (product, dimension) => product * dimension);
    }

    /// <summary>The dimensions, a free one as -1; null where not even the rank is known, or it is 0.</summary>
    public IReadOnlyList<long>? ShapeOf(string value) =>
        _values.TryGetValue(value, out var info) && info.Dimensions.Count > 0 ? info.Dimensions : null;

    private void AddConstants(ModelGraph graph)
    {
        foreach (var constant in graph.Graph.Initializers)
        {
            _values.TryAdd(constant.Name!, new(constant.Name!, constant.ElementType, constant.Dimensions));
        }
    }

    /// <summary>The type of a loop body's input from what the loop is given: its shape may change from round to round.</summary>
    private static OnnxValueInfo BodyInput(OnnxNode owner, int index, string name, ValueFacts outer)
    {
        var type = owner.Is("Loop") && index < 2 ? (index == 0 ? OnnxElementType.Int64 : OnnxElementType.Bool) : outer.TypeOf(owner.InputOrEmpty(index));
        return new() { Name = name, Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = (int)type } } };
    }

    private OnnxValueInfo Declaration(string value, string name)
    {
        var declared = OnnxValueInfo.Tensor(name, TypeOf(value), []);
        declared.Type!.Tensor!.Shape = null;
        if (RankOf(value) is not null)
        {
            declared.Type.Tensor.Shape = new OnnxShape();
            declared.Type.Tensor.Shape.Dimensions.AddRange(_values[value].Dimensions.Select(d => new OnnxDimension { Value = d < 0 ? null : d }));
        }

        return declared;
    }
}
