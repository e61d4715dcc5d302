using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Samples of one model input, kept as they were stored and turned into floats batch by batch.</summary>
public sealed class SampleSet
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly SampleScaling _scaling;
    private readonly int _elementBytes;

    internal SampleSet(string source, OnnxElementType elementType, IReadOnlyList<long> sampleDimensions, int count, ReadOnlyMemory<byte> data, SampleScaling scaling)
    {
        Source = source;
        ElementType = elementType;
        SampleDimensions = sampleDimensions;
        Count = count;
        SampleElements = checked((int)sampleDimensions.Aggregate(1L, (product, dimension) => checked(product * dimension)));
        _elementBytes = OnnxElementTypes.BitsOf(elementType) / 8;
        _data = data;
        _scaling = scaling;
    }

    /// <summary>The file it came from, for messages.</summary>
    public string Source { get; }

    /// <summary>The model input it is for; null means the only one.</summary>
    public string? InputName { get; init; }

    /// <summary>Type as stored: uint8, float…</summary>
    public OnnxElementType ElementType { get; }

    /// <summary>Dimensions of one sample, without the batch.</summary>
    public IReadOnlyList<long> SampleDimensions { get; }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Elements of one sample.</summary>
    public int SampleElements { get; }

    /// <summary>Writes samples [start, start + count) as scaled floats.</summary>
    /// <param name="start">First sample.</param>
    /// <param name="count">Number of samples; start + count at most <see cref="Count"/>.</param>
    /// <param name="destination">At least count * <see cref="SampleElements"/> floats.</param>
    public void CopyTo(int start, int count, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - start);
        var elements = checked(count * SampleElements);
        var raw = _data.Span.Slice(checked(start * SampleElements * _elementBytes), checked(elements * _elementBytes));
        var target = destination[..elements];
        switch (ElementType)
        {
            case OnnxElementType.Float:
                MemoryMarshal.Cast<byte, float>(raw).CopyTo(target);
                return;
            case OnnxElementType.Double:
                Convert<double>(raw, target, static value => (float)value);
                return;
            case OnnxElementType.UInt8:
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = Scale(raw[i]);
                }

                return;
            case OnnxElementType.Int8:
                Convert<sbyte>(raw, target, value => Scale(value));
                return;
            case OnnxElementType.Int16:
                Convert<short>(raw, target, value => Scale(value));
                return;
            case OnnxElementType.Int32:
                Convert<int>(raw, target, value => Scale(value));
                return;
            case OnnxElementType.Int64:
                Convert<long>(raw, target, value => Scale(value));
                return;
            default:
                throw new CalibrationDataException($"{Source}: samples of type {OnnxElementTypes.NameOf(ElementType)} are not supported.", Source);
        }
    }

    /// <summary>Samples [start, start + count) as stored, without a copy.</summary>
    public ReadOnlyMemory<byte> Raw(int start, int count) =>
        _data.Slice(checked(start * SampleElements * _elementBytes), checked(count * SampleElements * _elementBytes));

    private static void Convert<T>(ReadOnlySpan<byte> raw, Span<float> target, Func<T, float> map)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(raw);
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = map(values[i]);
        }
    }

    private float Scale(float value) => ((value / _scaling.Divisor) - _scaling.Mean) / _scaling.StdDev;
}
