using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

/// <summary>A value that goes into or comes out of a model: a tensor, mostly.</summary>
/// <remarks>
/// A tensor made here keeps its place, type and shape for life. Disposing it while a run uses it is safe: its memory goes when the run ends.
/// Spans point into that memory: keep the value alive, and undisposed, as long as a span is used.
/// </remarks>
public sealed unsafe partial class OrtValue : IDisposable
{
    private readonly OrtApi api;
    private readonly long[] dimensions;
    private readonly void* data;

    private OrtValue(OrtApi api, nint value, OrtValueKind kind, OrtElementType type, long[] dimensions, IDisposable? owned)
    {
        this.api = api;
        this.dimensions = dimensions;
        Handle = new OrtHandle(value, api.ReleaseValue, owned);
        Kind = kind;
        ElementType = type;
        if (kind != OrtValueKind.Tensor)
        {
            return;
        }

        ElementCount = OrtElementTypes.Count(dimensions);
        if (OrtElementTypes.BitsOf(type) > 0)
        {
            void* pointer;
            Check(api.GetTensorMutableData(value, &pointer));
            data = pointer;
            SizeBytes = OrtElementTypes.BytesOf(type, ElementCount);
        }
    }

    /// <summary>What it is. All members but this, <see cref="Count"/> and <see cref="Item"/> are for tensors.</summary>
    public OrtValueKind Kind { get; }

    public OrtElementType ElementType { get; }

    /// <summary>One per axis, none negative; empty for a scalar.</summary>
    public ReadOnlySpan<long> Dimensions => dimensions;

    public long ElementCount { get; }

    /// <summary>Bytes of the elements; 0 for strings.</summary>
    public long SizeBytes { get; }

    internal OrtHandle Handle { get; }

    /// <summary>The elements, row-major.</summary>
    /// <exception cref="InvalidOperationException">The elements are not of type <typeparamref name="T"/>, or more than a span can hold.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Span<T> GetSpan<T>()
        where T : unmanaged
    {
        if (OrtElementTypes.Of<T>() != ElementType)
        {
            throw new InvalidOperationException($"The elements are {Describe()}, not {typeof(T).Name}.");
        }

        return new Span<T>(DataPointer(), checked((int)ElementCount));
    }

    /// <summary>The elements' bytes, row-major, little-endian; two 4-bit elements per byte, the first in its lower half.</summary>
    /// <exception cref="InvalidOperationException">A string tensor or no tensor at all; or more bytes than a span can hold.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Span<byte> GetBytes() => new(DataPointer(), SizeBytes <= int.MaxValue
        ? (int)SizeBytes
        : throw new InvalidOperationException($"{SizeBytes} bytes are more than a span can hold."));

    public void Dispose() => Handle.Dispose();

    public override string ToString() => Describe();

    private void* DataPointer()
    {
        ObjectDisposedException.ThrowIf(Handle.IsDisposed, this);
        return data != null || (Kind == OrtValueKind.Tensor && ElementCount == 0 && OrtElementTypes.BitsOf(ElementType) > 0)
            ? data
            : throw new InvalidOperationException($"{Describe()} has no plain elements.");
    }

    private string Describe() => Kind == OrtValueKind.Tensor ? $"{ElementType}[{string.Join(",", dimensions)}]" : Kind.ToString();

    // For the constructor: an exception must not leave the native value behind.
    private void Check(nint status)
    {
        if (status != 0)
        {
            Handle.Dispose();
            throw api.Take(status);
        }
    }
}
