using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>A node whose outputs' shapes are asked for, with what is known of its inputs.</summary>
/// <param name="node">The node.</param>
/// <param name="opset">The model's ai.onnx version.</param>
/// <param name="known">What is known of a value.</param>
/// <param name="constant">A constant by name; null where the value is none.</param>
/// <param name="computed">The elements of a value that is computed from shapes; null where they are not known.</param>
internal sealed class ShapeQuestion(
    OnnxNode node, int opset, Func<string, ValueKind> known, Func<string, OnnxTensor?> constant, Func<string, Dim[]?> computed)
{
    /// <summary>Longest constant that is read as a shape, as axes or the like.</summary>
    private const int MostElements = 64;

    public OnnxNode Node { get; } = node;

    public int Opset { get; } = opset;

    /// <summary>How the inputs contradict each other; null where they do not.</summary>
    public string? Conflict { get; private set; }

    public bool Has(int input) => Node.InputOrEmpty(input).Length > 0;

    public Dim[]? Shape(int input) => Has(input) ? known(Node.Inputs[input]).Shape : null;

    public OnnxElementType Type(int input) => Has(input) ? known(Node.Inputs[input]).Type : OnnxElementType.Undefined;

    /// <summary>A constant input's integers; null where they are not known.</summary>
    public long[]? Integers(int input) =>
        Has(input) && constant(Node.Inputs[input]) is { ElementType: OnnxElementType.Int64 or OnnxElementType.Int32 } tensor && IsReadable(tensor)
            ? TensorContent.Integers(tensor) : null;

    /// <summary>An input's elements as dimensions, constant or computed from shapes; -1 stays -1. Null where they are not known.</summary>
    public Dim[]? Dims(int input) => Integers(input) is { } constants ? [.. constants.Select(c => new Dim(c))] : Has(input) ? computed(Node.Inputs[input]) : null;

    /// <summary>A constant input's floats; null where they are not known.</summary>
    public float[]? Floats(int input) =>
        Has(input) && constant(Node.Inputs[input]) is { ElementType: OnnxElementType.Float } tensor && IsReadable(tensor)
            ? TensorContent.Floats(tensor).ToArray() : null;

    /// <summary>Integers given as an attribute or, in later versions, as an input.</summary>
    /// <param name="attribute">Its older form.</param>
    /// <param name="input">Its later form.</param>
    /// <param name="missing">What it means where neither is there.</param>
    /// <returns>Null where they are not known.</returns>
    public long[]? Integers(string attribute, int input, long[]? missing) =>
        Node.Ints(attribute) is { } listed ? listed.Count <= MostElements ? [.. listed] : null : Has(input) ? Integers(input) : missing;

    /// <summary>Says that the inputs contradict each other.</summary>
    public IReadOnlyList<Dim[]?> Contradiction(string what)
    {
        Conflict ??= what;
        return [];
    }

    /// <summary>Whether a tensor is short and whole; one that is damaged is told of elsewhere.</summary>
    private static bool IsReadable(OnnxTensor tensor)
    {
        try
        {
            TensorContent.Check(tensor);
            return !tensor.IsExternal && tensor.Count <= MostElements;
        }
        catch (OnnxFormatException)
        {
            return false;
        }
    }

    /// <summary>For messages: <c>[batch, 3, ?]</c>.</summary>
    public static string Text(Dim[]? shape) => shape is null ? "unknown" : $"[{string.Join(", ", shape)}]";
}
