using System.Numerics;

namespace EdgeFleet.OnnxRuntime;

/// <summary>Element types of tensors, numbered as in ONNX Runtime.</summary>
public enum OrtElementType
{
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
    Float8E4M3FN = 17,
    Float8E4M3FNUZ = 18,
    Float8E5M2 = 19,
    Float8E5M2FNUZ = 20,
    UInt4 = 21,
    Int4 = 22,
    Float4E2M1 = 23,
}

/// <summary>Sizes and .NET types of element types.</summary>
public static class OrtElementTypes
{
    /// <summary>Bits per element; 0 for strings and unknown types, which have no fixed size.</summary>
    public static int BitsOf(OrtElementType type) => type switch
    {
        OrtElementType.UInt4 or OrtElementType.Int4 or OrtElementType.Float4E2M1 => 4,
        OrtElementType.UInt8 or OrtElementType.Int8 or OrtElementType.Bool => 8,
        OrtElementType.Float8E4M3FN or OrtElementType.Float8E4M3FNUZ or OrtElementType.Float8E5M2 or OrtElementType.Float8E5M2FNUZ => 8,
        OrtElementType.UInt16 or OrtElementType.Int16 or OrtElementType.Float16 or OrtElementType.BFloat16 => 16,
        OrtElementType.Float or OrtElementType.Int32 or OrtElementType.UInt32 => 32,
        OrtElementType.Double or OrtElementType.Int64 or OrtElementType.UInt64 or OrtElementType.Complex64 => 64,
        OrtElementType.Complex128 => 128,
        _ => 0,
    };

    /// <summary>Bytes of a tensor with <paramref name="elements"/> elements; two elements of 4 bits share a byte, the first in its lower half.</summary>
    /// <exception cref="OverflowException">More than fits into 63 bits.</exception>
    public static long BytesOf(OrtElementType type, long elements) => checked(((elements * BitsOf(type)) + 7) / 8);

    /// <summary>The element type that <typeparamref name="T"/> stands for.</summary>
    /// <exception cref="ArgumentException">There is none; types without a .NET counterpart are accessed as bytes.</exception>
    public static OrtElementType Of<T>()
        where T : unmanaged =>
        typeof(T) == typeof(float) ? OrtElementType.Float
        : typeof(T) == typeof(byte) ? OrtElementType.UInt8
        : typeof(T) == typeof(sbyte) ? OrtElementType.Int8
        : typeof(T) == typeof(long) ? OrtElementType.Int64
        : typeof(T) == typeof(int) ? OrtElementType.Int32
        : typeof(T) == typeof(double) ? OrtElementType.Double
        : typeof(T) == typeof(Half) ? OrtElementType.Float16
        : typeof(T) == typeof(OrtBFloat16) ? OrtElementType.BFloat16
        : typeof(T) == typeof(bool) ? OrtElementType.Bool
        : typeof(T) == typeof(ushort) ? OrtElementType.UInt16
        : typeof(T) == typeof(short) ? OrtElementType.Int16
        : typeof(T) == typeof(uint) ? OrtElementType.UInt32
        : typeof(T) == typeof(ulong) ? OrtElementType.UInt64
        : typeof(T) == typeof(Complex) ? OrtElementType.Complex128
        : throw new ArgumentException($"{typeof(T).Name} is no tensor element type; use the bytes of the tensor.");

    /// <summary>Number of elements of a tensor of these dimensions; 1 for a scalar (no dimensions).</summary>
    /// <exception cref="ArgumentException">A dimension is negative, or there are more than 2^63 elements.</exception>
    public static long Count(ReadOnlySpan<long> dimensions)
    {
        long count = 1;
        foreach (var dimension in dimensions)
        {
            if (dimension < 0 || (dimension > 0 && count > long.MaxValue / dimension))
            {
                throw new ArgumentException($"No tensor can have the shape [{string.Join(",", dimensions.ToArray())}].", nameof(dimensions));
            }

            count *= dimension;
        }

        return count;
    }
}
