namespace EdgeFleet.OnnxRuntime;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Tensor, mostly; the other members are meaningful only for tensors.</param>
/// <param name="ElementType">The elements' type.</param>
/// <param name="Dimensions">One per axis; -1 where it is free. Empty for a scalar, and where the model says nothing of the shape.</param>
/// <param name="Symbols">One per axis: the name of a free dimension, or empty.</param>
public sealed record OrtTensorInfo(
    string Name,
    OrtValueKind Kind,
    OrtElementType ElementType,
    IReadOnlyList<long> Dimensions,
    IReadOnlyList<string> Symbols)
{
    /// <summary>As in <c>input: Float[batch,1,28,28]</c>.</summary>
    public override string ToString() =>
        $"{Name}: {ElementType}[{string.Join(",", Dimensions.Select((d, i) => d >= 0 ? d.ToString() : Symbols[i].Length > 0 ? Symbols[i] : "?"))}]";
}

/// <summary>What a value is, numbered as in ONNX Runtime.</summary>
public enum OrtValueKind
{
    Unknown = 0,
    Tensor = 1,
    Sequence = 2,
    Map = 3,
    Opaque = 4,
    SparseTensor = 5,
    Optional = 6,
}
