namespace EdgeFleet.Compression.Onnx;

/// <summary>Element types of tensors, numbered as in onnx.proto's TensorProto.DataType.</summary>
public enum OnnxElementType
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
    Float8E8M0 = 24,
    UInt2 = 25,
    Int2 = 26,
}

/// <summary>Sizes of <see cref="OnnxElementType"/>.</summary>
public static class OnnxElementTypes
{
    /// <summary>Bits of one element in raw data; 0 where elements have no fixed size (strings, undefined).</summary>
    public static int BitsOf(OnnxElementType type) => type switch
    {
        OnnxElementType.UInt2 or OnnxElementType.Int2 => 2,
        OnnxElementType.UInt4 or OnnxElementType.Int4 or OnnxElementType.Float4E2M1 => 4,
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Bool or OnnxElementType.Float8E4M3FN
            or OnnxElementType.Float8E4M3FNUZ or OnnxElementType.Float8E5M2 or OnnxElementType.Float8E5M2FNUZ
            or OnnxElementType.Float8E8M0 => 8,
        OnnxElementType.UInt16 or OnnxElementType.Int16 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => 16,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 32,
        OnnxElementType.Int64 or OnnxElementType.UInt64 or OnnxElementType.Double or OnnxElementType.Complex64 => 64,
        OnnxElementType.Complex128 => 128,
        _ => 0,
    };

    /// <summary>ONNX's lower-case name, such as <c>float</c> or <c>int64</c>.</summary>
    public static string NameOf(OnnxElementType type) => type.ToString().ToLowerInvariant();
}
