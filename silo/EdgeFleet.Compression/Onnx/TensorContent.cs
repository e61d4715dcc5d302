using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Reads a tensor's elements from whichever field holds them, and checks that they are all there.</summary>
internal static class TensorContent
{
    /// <summary>The packed numbers of one field: a slice of the file where it was written in one piece.</summary>
    public static ReadOnlyMemory<byte> Joined(OnnxTensor tensor, int field)
    {
        var parts = tensor.TypedData.FindAll(p => p.Field == field);
        if (parts.Count <= 1)
        {
            return parts.Count == 0 ? default : parts[0].Packed;
        }

        var joined = new byte[parts.Sum(p => (long)p.Packed.Length)];
        var position = 0;
        foreach (var (_, packed) in parts)
        {
            packed.CopyTo(joined.AsMemory(position));
            position += packed.Length;
        }

        return joined;
    }

    /// <summary>Compares the elements that the dimensions claim with the bytes present, without allocating.</summary>
    /// <exception cref="OnnxFormatException">They differ, or the element type is unknown; names the tensor.</exception>
    public static void Check(OnnxTensor tensor)
    {
        if (!Enum.IsDefined(tensor.ElementType) || tensor.ElementType == OnnxElementType.Undefined)
        {
            throw new OnnxFormatException($"Tensor '{tensor.Name}' has element type {(int)tensor.ElementType}, which ONNX does not define.", tensor.Name);
        }

        var count = tensor.Count;
        if (tensor.Unknown.Any(f => f.Number == 3))
        {
            throw new OnnxFormatException($"Tensor '{tensor.Name}' is split into segments, which no runtime reads.", tensor.Name);
        }

        if (tensor.IsExternal)
        {
            return;
        }

        if (tensor.ElementType == OnnxElementType.String)
        {
            if (tensor.StringData.Count != count)
            {
                throw Mismatch(tensor, count, $"{tensor.StringData.Count} strings");
            }

            return;
        }

        var bits = OnnxElementTypes.BitsOf(tensor.ElementType);
        if (tensor.RawData is { } raw)
        {
            if (count > (long.MaxValue / bits) - 8 || ((count * bits) + 7) / 8 != raw.Length)
            {
                throw Mismatch(tensor, count, $"{raw.Length} bytes");
            }

            return;
        }

        var (field, perElement, unitBytes) = TypedField(tensor.ElementType);
        var packed = tensor.TypedData.Where(p => p.Field == field).ToList();
        var present = packed.Sum(p => unitBytes > 0 ? p.Packed.Length / unitBytes : CountVarints(p.Packed.Span));
        var expected = perElement < 0 ? (count + -perElement - 1) / -perElement : count > long.MaxValue / 2 ? long.MaxValue : count * perElement;
        if (present != expected)
        {
            throw Mismatch(tensor, count, $"{present} values");
        }
    }

    /// <summary>The elements, row-major and little-endian; a slice of the file where that is how they are stored.</summary>
    /// <exception cref="OnnxFormatException">As <see cref="Check"/>.</exception>
    /// <exception cref="ExternalDataException">The content is in another file and was not folded in.</exception>
    public static ReadOnlyMemory<byte> Bytes(OnnxTensor tensor)
    {
        Check(tensor);
        if (tensor.IsExternal)
        {
            throw new ExternalDataException($"Tensor '{tensor.Name}' has its data in another file, which was not given.", tensor.Name);
        }

        if (tensor.RawData is { } raw)
        {
            return raw;
        }

        var (field, _, unitBytes) = TypedField(tensor.ElementType);
        var packed = Joined(tensor, field);
        return unitBytes > 0 ? packed : Narrow(packed.Span, tensor);
    }

    /// <summary>The elements of a float tensor.</summary>
    public static ReadOnlySpan<float> Floats(OnnxTensor tensor) => tensor.ElementType == OnnxElementType.Float
        ? MemoryMarshal.Cast<byte, float>(Bytes(tensor).Span)
        : throw new OnnxFormatException($"Tensor '{tensor.Name}' is {OnnxElementTypes.NameOf(tensor.ElementType)} where float was expected.", tensor.Name);

    /// <summary>The elements of an int64 or int32 tensor.</summary>
    public static long[] Integers(OnnxTensor tensor) => tensor.ElementType switch
    {
        OnnxElementType.Int64 => MemoryMarshal.Cast<byte, long>(Bytes(tensor).Span).ToArray(),
        OnnxElementType.Int32 => [.. MemoryMarshal.Cast<byte, int>(Bytes(tensor).Span).ToArray()],
        _ => throw new OnnxFormatException($"Tensor '{tensor.Name}' is {OnnxElementTypes.NameOf(tensor.ElementType)} where integers were expected.", tensor.Name),
    };

    /// <returns>Field number; values per element (negative: elements per value); bytes per value, 0 for varints.</returns>
    private static (int Field, int PerElement, int UnitBytes) TypedField(OnnxElementType type) => type switch
    {
        OnnxElementType.Float => (4, 1, 4),
        OnnxElementType.Complex64 => (4, 2, 4),
        OnnxElementType.Double => (10, 1, 8),
        OnnxElementType.Complex128 => (10, 2, 8),
        OnnxElementType.Int64 => (7, 1, 0),
        OnnxElementType.UInt64 or OnnxElementType.UInt32 => (11, 1, 0),
        OnnxElementType.Int4 or OnnxElementType.UInt4 or OnnxElementType.Float4E2M1 => (5, -2, 0),
        OnnxElementType.Int2 or OnnxElementType.UInt2 => (5, -4, 0),
        _ => (5, 1, 0),
    };

    private static byte[] Narrow(ReadOnlySpan<byte> varints, OnnxTensor tensor)
    {
        var width = Math.Max(1, OnnxElementTypes.BitsOf(tensor.ElementType) / 8);
        var bytes = new byte[checked(CountVarints(varints) * width)];
        Span<byte> wide = stackalloc byte[8];
        var position = 0;
        for (var i = 0; i < bytes.Length; i += width)
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = varints[position++];
                value |= shift < 64 ? (ulong)(part & 0x7F) << shift : 0;
                if (part < 0x80)
                {
                    break;
                }
            }

            BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
            wide[..width].CopyTo(bytes.AsSpan(i));
        }

        return bytes;
    }

    private static int CountVarints(ReadOnlySpan<byte> packed)
    {
        var ends = 0;
        foreach (var part in packed)
        {
            ends += part < 0x80 ? 1 : 0;
        }

        return packed.Length > 0 && packed[^1] >= 0x80 ? -1 : ends;
    }

    private static OnnxFormatException Mismatch(OnnxTensor tensor, long count, string present) =>
        new($"Tensor '{tensor.Name}' claims {count} elements of {OnnxElementTypes.NameOf(tensor.ElementType)} [{string.Join(", ", tensor.Dimensions)}] but holds {present}.", tensor.Name);
}
