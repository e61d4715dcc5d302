using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Samples of one model input, kept as they were stored, in memory or in a file, and turned into floats batch by batch. Samples may
/// differ in their dimensions.
/// </summary>
public sealed class SampleSet : IDisposable
{
    private readonly SampleStore _store;
    private readonly SampleExtents _extents;
    private readonly int _elementBytes;

    internal SampleSet(string source, OnnxElementType elementType, IReadOnlyList<long> sampleDimensions, int count, ReadOnlyMemory<byte> data, SampleScaling scaling)
        : this(source, elementType, SampleExtents.Uniform(sampleDimensions, count), SampleStore.Of(data), scaling)
    {
    }

    internal SampleSet(string source, OnnxElementType elementType, SampleExtents extents, SampleStore store, SampleScaling scaling)
    {
        Source = source;
        ElementType = elementType;
        SampleElements = checked((int)extents.Shapes.Max(SampleExtents.Elements));
        _extents = extents;
        _elementBytes = OnnxElementTypes.BitsOf(elementType) / 8;
        _store = store;
        Scaling = scaling;
    }

    /// <summary>The file it came from, for messages.</summary>
    public string Source { get; }

    /// <summary>The model input it is for; null means the only one.</summary>
    public string? InputName { get; init; }

    /// <summary>True where a sample is the whole input of one run, its first dimension included, rather than one row of a batch.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Type as stored: uint8, float…</summary>
    public OnnxElementType ElementType { get; }

    /// <summary>Dimensions of one sample, without the batch; those of the first sample where they differ.</summary>
    public IReadOnlyList<long> SampleDimensions => _extents.Shapes[0];

    /// <summary>False where samples differ in their dimensions.</summary>
    public bool IsUniform => _extents.IsUniform;

    /// <summary>Number of samples.</summary>
    public int Count => _extents.Count;

    /// <summary>Elements of one sample; of the largest where they differ.</summary>
    public int SampleElements { get; }

    internal SampleScaling Scaling { get; }

    /// <summary>True for integers, which are scaled where floats are wanted.</summary>
    internal bool IsScaled => ElementType is not (OnnxElementType.Float or OnnxElementType.Double or OnnxElementType.Float16);

    /// <summary>The different dimensions that occur.</summary>
    internal IReadOnlyList<long[]> Shapes => _extents.Shapes;

    internal int Largest => _extents.Largest();

    /// <summary>Dimensions of one sample, without the batch.</summary>
    public IReadOnlyList<long> DimensionsOf(int sample) => _extents.DimensionsOf(sample);

    /// <summary>Elements of samples [start, start + count).</summary>
    public int ElementsOf(int start, int count) => checked((int)(_extents.StartOf(start + count) - _extents.StartOf(start)));

    /// <summary>Writes samples [start, start + count) as scaled floats.</summary>
    /// <param name="start">First sample.</param>
    /// <param name="count">Number of samples; start + count at most <see cref="Count"/>.</param>
    /// <param name="destination">At least <see cref="ElementsOf"/> floats.</param>
    public void CopyTo(int start, int count, Span<float> destination)
    {
        var raw = Raw(start, count).Span;
        var target = destination[..(raw.Length / _elementBytes)];
        switch (ElementType)
        {
            case OnnxElementType.Float:
                MemoryMarshal.Cast<byte, float>(raw).CopyTo(target);
                return;
            case OnnxElementType.Double:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(raw), target);
                return;
            case OnnxElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(raw), target);
                return;
            case OnnxElementType.UInt8:
                TensorPrimitives.ConvertTruncating(raw, target);
                break;
            case OnnxElementType.Int8:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(raw), target);
                break;
            case OnnxElementType.UInt16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ushort>(raw), target);
                break;
            case OnnxElementType.Int16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(raw), target);
                break;
            case OnnxElementType.Int32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(raw), target);
                break;
            case OnnxElementType.Int64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, long>(raw), target);
                break;
            default:
                throw new CalibrationDataException($"{Source}: samples of type {OnnxElementTypes.NameOf(ElementType)} are not supported.", Source);
        }

        for (int sample = start, position = 0; sample < start + count; sample++)
        {
            var elements = ElementsOf(sample, 1);
            Scaling.Apply(target.Slice(position, elements), DimensionsOf(sample));
            position += elements;
        }
    }

    /// <summary>Samples [start, start + count) as stored; without a copy where they are in memory.</summary>
    public ReadOnlyMemory<byte> Raw(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - start);
        return _store.Read(checked(_extents.StartOf(start) * _elementBytes), checked(ElementsOf(start, count) * _elementBytes));
    }

    /// <summary>The same samples for a named input.</summary>
    internal SampleSet For(string input) => new(Source, ElementType, _extents, _store, Scaling) { InputName = input, IsWhole = IsWhole };

    /// <summary>Closes the file where there is one. A set in memory can still be read.</summary>
    public void Dispose() => _store.Dispose();
}
