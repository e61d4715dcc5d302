using System.Numerics.Tensors;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Adds up how two models' outputs differ, sample by sample.</summary>
internal sealed class OutputComparison
{
    private double _cosines;
    private int _cosineCount;
    private int _agreements;
    private int _sourceRight;
    private int _variantRight;
    private int _labelled;

    public int Samples { get; private set; }

    public double MaxAbsError { get; private set; }

    /// <summary>False once the variant gave NaN or infinity where the original did not.</summary>
    public bool IsFinite { get; private set; } = true;

    public double Top1Agreement => Samples == 0 ? 0 : (double)_agreements / Samples;

    public double Cosine => _cosineCount == 0 ? 1 : _cosines / _cosineCount;

    public double? Accuracy => _labelled == 0 ? null : (double)_variantRight / _labelled;

    public double? SourceAccuracy => _labelled == 0 ? null : (double)_sourceRight / _labelled;

    /// <summary>Compares one run of <paramref name="count"/> samples.</summary>
    public void Add(IReadOnlyList<ModelTensor> source, IReadOnlyList<ModelTensor> variant, int count, ReadOnlySpan<int> labels)
    {
        for (var sample = 0; sample < count; sample++)
        {
            for (var output = 0; output < source.Count; output++)
            {
                if (source[output].ElementType == OnnxElementType.Float && variant[output].ElementType == OnnxElementType.Float)
                {
                    Compare(Row(source[output], sample, count), Row(variant[output], sample, count));
                }
            }

            CompareClass(source, variant, sample, count, sample < labels.Length ? labels[sample] : null);
            Samples++;
        }
    }

    private void Compare(ReadOnlySpan<float> source, ReadOnlySpan<float> variant)
    {
        if (source.Length != variant.Length)
        {
            IsFinite = false;
            return;
        }

        if (source.IsEmpty)
        {
            return;
        }

        for (var i = 0; i < source.Length; i++)
        {
            var error = Math.Abs((double)source[i] - variant[i]);
            IsFinite &= float.IsFinite(variant[i]) || !float.IsFinite(source[i]);
            MaxAbsError = double.IsFinite(error) ? Math.Max(MaxAbsError, error) : MaxAbsError;
        }

        var lengths = Math.Sqrt(TensorPrimitives.SumOfSquares(source)) * Math.Sqrt(TensorPrimitives.SumOfSquares(variant));
        var cosine = lengths > 0 ? TensorPrimitives.Dot(source, variant) / lengths : source.SequenceEqual(variant) ? 1 : 0;
        _cosines += double.IsFinite(cosine) ? cosine : 0;
        _cosineCount++;
    }

    private void CompareClass(IReadOnlyList<ModelTensor> source, IReadOnlyList<ModelTensor> variant, int sample, int count, int? label)
    {
        if (source.Count == 0 || source[0].ElementType != OnnxElementType.Float || variant[0].ElementType != OnnxElementType.Float)
        {
            _agreements += source.Count > 0 && source[0].Data.Span.SequenceEqual(variant[0].Data.Span) ? 1 : 0;
            return;
        }

        var a = Row(source[0], sample, count);
        var b = Row(variant[0], sample, count);
        if (a.IsEmpty || b.Length != a.Length)
        {
            return;
        }

        var (best, other) = (TensorPrimitives.IndexOfMax(a), TensorPrimitives.IndexOfMax(b));
        _agreements += best == other ? 1 : 0;
        if (label is { } right)
        {
            _labelled++;
            _sourceRight += best == right ? 1 : 0;
            _variantRight += other == right ? 1 : 0;
        }
    }

    /// <summary>The sample's part of a batched output; all of one that does not go by batch.</summary>
    private static ReadOnlySpan<float> Row(ModelTensor tensor, int sample, int count)
    {
        var values = tensor.Floats;
        if (tensor.Dimensions.Count == 0 || tensor.Dimensions[0] != count)
        {
            return values;
        }

        var length = values.Length / count;
        return values.Slice(sample * length, length);
    }
}
