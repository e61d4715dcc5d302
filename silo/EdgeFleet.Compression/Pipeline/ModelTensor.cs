using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>A dense tensor with its name.</summary>
/// <param name="Name">Input or output name.</param>
/// <param name="ElementType">Type with a fixed size; strings do not cross this port.</param>
/// <param name="Dimensions">All fixed; empty is a scalar.</param>
/// <param name="Data">Row-major, little-endian, exactly the elements.</param>
public sealed record ModelTensor(string Name, OnnxElementType ElementType, IReadOnlyList<long> Dimensions, ReadOnlyMemory<byte> Data)
{
    /// <summary>The elements of a float tensor, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor is of another type.</exception>
    public ReadOnlySpan<float> Floats => ElementType == OnnxElementType.Float
        ? MemoryMarshal.Cast<byte, float>(Data.Span)
        : throw new InvalidOperationException($"Tensor '{Name}' is {OnnxElementTypes.NameOf(ElementType)}, not float.");

    /// <summary>Number of elements.</summary>
    public long Count => Dimensions.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>A float tensor of a copy of <paramref name="values"/>.</summary>
    public static ModelTensor OfFloats(string name, IReadOnlyList<long> dimensions, ReadOnlySpan<float> values) =>
        new(name, OnnxElementType.Float, dimensions, MemoryMarshal.AsBytes(values).ToArray());
}
