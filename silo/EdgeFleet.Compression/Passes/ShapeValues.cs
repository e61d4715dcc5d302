using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>A number in a shape: known, or the length of an axis of a value, which is only known when the model runs.</summary>
/// <param name="Of">The value whose axis it is; null for a known number.</param>
/// <param name="Number">The number, or the axis.</param>
internal readonly record struct ShapeElement(string? Of, long Number)
{
    public bool IsKnown => Of is null;

    public static implicit operator ShapeElement(long number) => new(null, number);
}

/// <summary>
/// Follows integer vectors and scalars from Shape and constants through the operators by which exporters compute shapes: Gather,
/// Slice, Concat, Unsqueeze, Squeeze, Reshape, Cast, Identity, ConstantOfShape, Add, Sub, Mul, Equal, Where.
/// </summary>
internal sealed class ShapeValues
{
    private const int MostElements = 64;
    private static readonly string[] s_alike = ["Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape"];

    private readonly Dictionary<string, ShapeElement[]> _values = [];
    private readonly ModelGraph _graph;
    private readonly ValueFacts _facts;

    public ShapeValues(ModelGraph graph, ValueFacts facts)
    {
        (_graph, _facts) = (graph, facts);
        foreach (var node in graph.Nodes)
        {
            if (node.Outputs.Count == 1 && Evaluate(node) is { Length: <= MostElements } value)
            {
                _values[node.Outputs[0]] = value;
            }
        }
    }

    /// <summary>The elements of an integer value of at most one dimension; null where they are not known.</summary>
    public ShapeElement[]? Of(string name) =>
        _values.TryGetValue(name, out var value) ? value
        : _graph.TryConstant(name, out var tensor) && tensor.ElementType is OnnxElementType.Int64 or OnnxElementType.Int32
            && tensor.Dimensions.Count <= 1 && tensor.Count <= MostElements ? Array.ConvertAll(TensorContent.Integers(tensor), n => (ShapeElement)n)
        : null;

    private ShapeElement[]? Evaluate(OnnxNode node)
    {
        if (node.Is("Shape"))
        {
            return Shape(node);
        }

        // Of a vector with one dimension, what only changes the number of dimensions to 0 or 1 leaves the elements.
        if (node.Is(s_alike) && Of(node.Inputs[0]) is { } same)
        {
            return _facts.RankOf(node.Outputs[0]) is null or 1 && IsInteger(node.Outputs[0]) ? same : null;
        }

        return node.OpType switch
        {
            "Gather" when node.Is("Gather") && node.Int("axis", 0) == 0 && Of(node.Inputs[0]) is { } data => Gather(data, node.Inputs[1]),
            "Slice" when node.Is("Slice") && Of(node.Inputs[0]) is { } data => Slice(data, node),
            "Concat" when node.Is("Concat") && node.Int("axis", 0) == 0 => Concat(node),
            "ConstantOfShape" when node.Is("ConstantOfShape") => Filled(node),
            "Add" or "Sub" or "Mul" or "Equal" when node.Is(node.OpType) => Pairs(node),
            "Where" when node.Is("Where") => Chosen(node),
            _ => null,
        };
    }

    private bool IsInteger(string value) => _facts.TypeOf(value) is OnnxElementType.Int64 or OnnxElementType.Int32;

    private ShapeElement[]? Shape(OnnxNode node)
    {
        if (_facts.ShapeOf(node.Inputs[0]) is not { } dimensions)
        {
            return null;
        }

        var (from, to) = (At(node.Int("start", 0)), At(node.Int("end", dimensions.Count)));
        return from > to ? null : [.. Enumerable.Range(from, to - from).Select(i => dimensions[i] >= 0 ? dimensions[i] : new ShapeElement(node.Inputs[0], i))];

        int At(long axis) => (int)Math.Clamp(axis < 0 ? axis + dimensions.Count : axis, 0, dimensions.Count);
    }

    private ShapeElement[]? Gather(ShapeElement[] data, string indices)
    {
        if (Of(indices) is not { } at || !Array.TrueForAll(at, a => a.IsKnown && a.Number >= -data.Length && a.Number < data.Length))
        {
            return null;
        }

        return Array.ConvertAll(at, a => data[a.Number < 0 ? a.Number + data.Length : a.Number]);
    }

    private ShapeElement[]? Slice(ShapeElement[] data, OnnxNode node)
    {
        if (Bound("starts", 1) is not { } start || Bound("ends", 2) is not { } end
            || (Bound("axes", 3) ?? 0) is not (0 or -1) || (node.InputOrEmpty(4).Length > 0 && Bound("steps", 4) != 1))
        {
            return null;
        }

        var (from, to) = (At(start), At(end));
        return from <= to ? data[from..to] : null;

        int At(long index) => (int)Math.Clamp(index < 0 ? index + data.Length : index, 0, data.Length);

        long? Bound(string attribute, int input) =>
            node.Ints(attribute) is { Count: 1 } given ? given[0]
            : node.InputOrEmpty(input) is { Length: > 0 } name && Of(name) is [{ IsKnown: true } only] ? only.Number
            : null;
    }

    private ShapeElement[]? Concat(OnnxNode node)
    {
        var joined = new List<ShapeElement>();
        foreach (var input in node.Inputs)
        {
            if (Of(input) is not { } part || joined.Count + part.Length > MostElements)
            {
                return null;
            }

            joined.AddRange(part);
        }

        return [.. joined];
    }

    private ShapeElement[]? Filled(OnnxNode node)
    {
        var fill = node.Attribute("value")?.T;
        return fill is { ElementType: OnnxElementType.Int64 or OnnxElementType.Int32 } && Of(node.Inputs[0]) is [{ IsKnown: true, Number: > 0 and <= MostElements } length]
            ? [.. Enumerable.Repeat((ShapeElement)TensorContent.Integers(fill)[0], (int)length.Number)]
            : null;
    }

    private ShapeElement[]? Pairs(OnnxNode node)
    {
        if (Of(node.Inputs[0]) is not { } a || Of(node.Inputs[1]) is not { } b || (a.Length != b.Length && a.Length != 1 && b.Length != 1))
        {
            return null;
        }

        var result = new ShapeElement[Math.Max(a.Length, b.Length)];
        for (var i = 0; i < result.Length; i++)
        {
            if (Pair(node.OpType, a[a.Length == 1 ? 0 : i], b[b.Length == 1 ? 0 : i]) is not { } element)
            {
                return null;
            }

            result[i] = element;
        }

        return result;
    }

    /// <summary>Equal gives 0 or 1; no axis has a negative length.</summary>
    private static ShapeElement? Pair(string type, ShapeElement a, ShapeElement b) => (type, a, b) switch
    {
        ("Equal", { IsKnown: true }, { IsKnown: true }) => a == b ? 1 : 0,
        ("Equal", { IsKnown: false }, { IsKnown: true, Number: < 0 }) or ("Equal", { IsKnown: true, Number: < 0 }, { IsKnown: false }) => 0,
        ("Equal", { IsKnown: false }, { IsKnown: false }) when a == b => 1,
        ("Mul", _, { IsKnown: true, Number: 1 }) or ("Add" or "Sub", _, { IsKnown: true, Number: 0 }) => a,
        ("Mul", { IsKnown: true, Number: 1 }, _) or ("Add", { IsKnown: true, Number: 0 }, _) => b,
        ("Mul", { IsKnown: true }, { IsKnown: true }) => unchecked(a.Number * b.Number),
        ("Add", { IsKnown: true }, { IsKnown: true }) => unchecked(a.Number + b.Number),
        ("Sub", { IsKnown: true }, { IsKnown: true }) => unchecked(a.Number - b.Number),
        _ => null,
    };

    private ShapeElement[]? Chosen(OnnxNode node)
    {
        if (Of(node.Inputs[0]) is not { } which || Of(node.Inputs[1]) is not { } a || Of(node.Inputs[2]) is not { } b
            || !Array.TrueForAll(which, w => w.IsKnown) || new[] { a.Length, b.Length, which.Length }.Distinct().Count() > 1)
        {
            return null;
        }

        return [.. which.Select((w, i) => w.Number != 0 ? a[i] : b[i])];
    }
}
