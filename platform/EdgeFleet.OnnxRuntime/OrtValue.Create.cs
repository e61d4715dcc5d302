using System.Buffers;
using System.Runtime.InteropServices;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

public sealed unsafe partial class OrtValue
{
    /// <summary>A tensor in memory of ONNX Runtime. Its elements are zero; strings are empty.</summary>
    /// <exception cref="ArgumentException">No tensor can have this type or shape.</exception>
    /// <exception cref="OrtException">There is not enough memory.</exception>
    public static OrtValue Create(OrtElementType type, ReadOnlySpan<long> dimensions)
    {
        var count = OrtElementTypes.Count(dimensions);
        RequireSize(type, count);
        var ort = OrtApi.Instance;
        nint value;
        fixed (long* shape = dimensions)
        {
            ort.Check(ort.CreateTensorAsOrtValue(ort.Allocator, shape, (nuint)dimensions.Length, (int)type, &value));
        }

        var result = new OrtValue(ort, value, OrtValueKind.Tensor, type, dimensions.ToArray(), null);
        if (result.data != null)
        {
            NativeMemory.Clear(result.data, (nuint)result.SizeBytes);
        }

        return result;
    }

    /// <summary>A tensor in memory of ONNX Runtime for elements of type <typeparamref name="T"/>, all zero.</summary>
    public static OrtValue Create<T>(ReadOnlySpan<long> dimensions)
        where T : unmanaged => Create(OrtElementTypes.Of<T>(), dimensions);

    /// <summary>A tensor over the caller's memory, pinned until the value is disposed and no run uses it. Nothing is copied.</summary>
    /// <param name="memory">At least as long as the shape says; what is behind is not touched.</param>
    /// <param name="dimensions">None negative; empty for a scalar.</param>
    /// <exception cref="ArgumentException">The memory is too short, or no tensor can have this type or shape.</exception>
    public static OrtValue Over<T>(Memory<T> memory, ReadOnlySpan<long> dimensions)
        where T : unmanaged
    {
        var type = OrtElementTypes.Of<T>();
        RequireBytes(type, dimensions, memory.Length * (long)sizeof(T));
        var pin = memory.Pin();
        return Wrap(type, pin.Pointer, memory.Length * (long)sizeof(T), dimensions, pin);
    }

    /// <summary>A tensor of any type but string over the caller's bytes; otherwise as <see cref="Over{T}"/>.</summary>
    public static OrtValue OverBytes(OrtElementType type, Memory<byte> memory, ReadOnlySpan<long> dimensions)
    {
        RequireBytes(type, dimensions, memory.Length);
        var pin = memory.Pin();
        return Wrap(type, pin.Pointer, memory.Length, dimensions, pin);
    }

    /// <summary>A tensor over native memory.</summary>
    /// <param name="type">Any but string.</param>
    /// <param name="address">Aligned as the elements need it.</param>
    /// <param name="sizeBytes">Bytes there; at least as many as the shape needs.</param>
    /// <param name="dimensions">None negative; empty for a scalar.</param>
    /// <param name="owner">Disposed when the value is disposed and no run uses it; null where the caller sees to that.</param>
    /// <exception cref="ArgumentException">The memory is too short, or no tensor can have this type or shape.</exception>
    public static OrtValue OverNative(OrtElementType type, nint address, long sizeBytes, ReadOnlySpan<long> dimensions, IDisposable? owner = null)
    {
        RequireBytes(type, dimensions, sizeBytes);
        return Wrap(type, (void*)address, sizeBytes, dimensions, owner);
    }

    /// <summary>A tensor with a copy of <paramref name="strings"/>.</summary>
    /// <exception cref="ArgumentException">Their number is not that of the shape; or one has a null character inside.</exception>
    public static OrtValue FromStrings(ReadOnlySpan<string> strings, ReadOnlySpan<long> dimensions)
    {
        if (OrtElementTypes.Count(dimensions) != strings.Length)
        {
            throw new ArgumentException($"{strings.Length} strings do not fill the shape [{string.Join(",", dimensions.ToArray())}].", nameof(strings));
        }

        using var texts = new Utf8Text(strings);
        var value = Create(OrtElementType.String, dimensions);
        try
        {
            using var use = new OrtUse(value.Handle);
            value.api.Check(value.api.FillStringTensor(use.Value, texts.Pointers, (nuint)texts.Count));
            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    /// <summary>Takes over a value that ONNX Runtime made.</summary>
    internal static OrtValue Take(OrtApi api, nint value)
    {
        try
        {
            int kind;
            api.Check(api.GetValueType(value, &kind));
            if ((OrtValueKind)kind != OrtValueKind.Tensor)
            {
                return new OrtValue(api, value, (OrtValueKind)kind, OrtElementType.Undefined, [], null);
            }

            nint info;
            api.Check(api.GetTensorTypeAndShape(value, &info));
            (OrtElementType Type, long[] Dimensions) shape;
            try
            {
                shape = ModelReader.Shape(api, info);
            }
            finally
            {
                api.ReleaseTensorTypeAndShapeInfo(info);
            }

            return new OrtValue(api, value, OrtValueKind.Tensor, shape.Type, shape.Dimensions, null);
        }
        catch
        {
            api.ReleaseValue(value);
            throw;
        }
    }

    private static OrtValue Wrap(OrtElementType type, void* address, long sizeBytes, ReadOnlySpan<long> dimensions, IDisposable? owner)
    {
        try
        {
            var ort = OrtApi.Instance;
            nint value;
            byte none;
            fixed (long* shape = dimensions)
            {
                // An empty tensor may have no address at all, which ONNX Runtime does not take.
                var start = address == null && sizeBytes == 0 ? &none : address;
                ort.Check(ort.CreateTensorWithDataAsOrtValue(
                    ort.CpuMemory, start, (nuint)sizeBytes, shape, (nuint)dimensions.Length, (int)type, &value));
            }

            return new OrtValue(ort, value, OrtValueKind.Tensor, type, dimensions.ToArray(), owner);
        }
        catch
        {
            owner?.Dispose();
            throw;
        }
    }

    private static void RequireBytes(OrtElementType type, ReadOnlySpan<long> dimensions, long sizeBytes)
    {
        if (type == OrtElementType.String)
        {
            throw new ArgumentException("Strings can't lie in the caller's memory: use FromStrings.", nameof(type));
        }

        var count = OrtElementTypes.Count(dimensions);
        RequireSize(type, count);
        var needed = OrtElementTypes.BytesOf(type, count);
        if (needed > sizeBytes)
        {
            throw new ArgumentException($"{type}[{string.Join(",", dimensions.ToArray())}] needs {needed} bytes; the memory has {sizeBytes}.", nameof(sizeBytes));
        }
    }

    private static void RequireSize(OrtElementType type, long count)
    {
        var bits = type == OrtElementType.String ? 256 : OrtElementTypes.BitsOf(type);
        if (bits == 0)
        {
            throw new ArgumentException($"Tensors of type {type} can't be made.", nameof(type));
        }

        if (count > long.MaxValue / bits)
        {
            throw new ArgumentException($"{count} elements of type {type} are more than any memory holds.", nameof(count));
        }
    }
}
