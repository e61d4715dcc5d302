using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>A model input with the samples that go there.</summary>
internal sealed class InputBinding
{
    private readonly bool _isScalar;

    private InputBinding(ModelTensorInfo input, SampleSet samples, bool isWhole, bool isScalar)
    {
        Input = input;
        Samples = samples;
        IsWhole = isWhole;
        _isScalar = isScalar;
    }

    public ModelTensorInfo Input { get; }

    public SampleSet Samples { get; }

    /// <summary>True where one sample fills the input, its first dimension included.</summary>
    public bool IsWhole { get; }

    /// <summary>True where the only sample holds for every run.</summary>
    public bool IsConstant => Samples.Count == 1 && (_isScalar || (IsWhole && Input.Dimensions.Count > 0 && Input.Dimensions[0] > 0));

    /// <summary>True where a run takes exactly one sample.</summary>
    public bool NeedsSingleRuns => !IsConstant && (IsWhole || _isScalar || !Samples.IsUniform);

    /// <summary>The batch that the input prescribes; 0 where it takes any, or where there is none.</summary>
    public long FixedBatch => IsWhole || _isScalar || Input.Dimensions.Count == 0 ? 0 : Math.Max(0, Input.Dimensions[0]);

    /// <exception cref="CalibrationDataException">Type or shape do not fit; says what was expected and what was given.</exception>
    public static InputBinding Of(ModelTensorInfo input, SampleSet set)
    {
        if (input.ElementType != OnnxElementType.Float && input.ElementType != set.ElementType)
        {
            throw new CalibrationDataException(
                $"{set.Source} holds {OnnxElementTypes.NameOf(set.ElementType)}; input '{input.Name}' expects {OnnxElementTypes.NameOf(input.ElementType)}.", set.Source);
        }

        if (set.Shapes.FirstOrDefault(s => !set.Scaling.Fits(s)) is { } odd && input.ElementType == OnnxElementType.Float && set.IsScaled)
        {
            throw new CalibrationDataException(
                $"{set.Source}: a mean and a standard deviation were given for {set.Scaling.ChannelMeans!.Count} channels, "
                + $"{(set.Scaling.ChannelsLast ? "last" : "first")} in a sample; samples are [{string.Join(", ", odd)}].", set.Source);
        }

        // The runtime reports an input of unknown rank like a scalar.
        var isScalar = input.Dimensions.Count == 0 && set.Shapes.All(s => SampleExtents.Elements(s) == 1);
        var binding = new InputBinding(input, set, set.IsWhole, isScalar);
        if (isScalar || set.Shapes.All(s => binding.Dimensions(s) is not null))
        {
            return binding;
        }

        var whole = new InputBinding(input, set, isWhole: true, isScalar: false);
        return set.Shapes.All(s => whole.Dimensions(s) is not null) ? whole : throw Mismatch(input, set, set.Shapes.First(s => binding.Dimensions(s) is null));
    }

    /// <summary>The input for samples [start, start + count).</summary>
    public ModelTensor Tensor(int start, int count)
    {
        var (first, number) = IsConstant ? (0, 1) : (start, count);
        var own = _isScalar ? [] : Dimensions(Samples.DimensionsOf(first))!;
        long[] dimensions = _isScalar || IsWhole ? own : [number, .. own];
        if (Input.ElementType == Samples.ElementType && Input.ElementType != OnnxElementType.Float)
        {
            return new ModelTensor(Input.Name, Input.ElementType, dimensions, Samples.Raw(first, number));
        }

        var bytes = GC.AllocateUninitializedArray<byte>(checked(Samples.ElementsOf(first, number) * sizeof(float)));
        Samples.CopyTo(first, number, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return new ModelTensor(Input.Name, OnnxElementType.Float, dimensions, bytes);
    }

    /// <summary>The input's dimensions for a sample, without the batch unless it is whole; null where they do not fit.</summary>
    private long[]? Dimensions(IReadOnlyList<long> sample)
    {
        if (Input.Dimensions.Count == 0)
        {
            return [.. sample];
        }

        long[] expected = [.. Input.Dimensions.Skip(IsWhole ? 0 : 1)];
        if (IsWhole || expected.Any(d => d < 0))
        {
            // A sample without leading dimensions of 1, such as a channel, is laid out like one with.
            var missing = expected.Length - sample.Count;
            long[] aligned = missing < 0 || (IsWhole && missing > 0) ? [] : [.. Enumerable.Repeat(1L, missing), .. sample];
            return aligned.Length == expected.Length && expected.Zip(aligned).All(d => d.First < 0 || d.First == d.Second) ? aligned : null;
        }

        // Only the ones and the order matter; a flat sample is laid out, too.
        return expected.Where(d => d != 1).SequenceEqual(sample.Where(d => d != 1))
            || (sample.Count == 1 && sample[0] == SampleExtents.Elements(expected)) ? expected : null;
    }

    private static CalibrationDataException Mismatch(ModelTensorInfo input, SampleSet set, long[] shape)
    {
        var free = input.Dimensions.Skip(1).Count(d => d < 0);
        return new(
            $"{set.Source}: samples are {OnnxElementTypes.NameOf(set.ElementType)} [{string.Join(", ", shape)}]; input '{input.Name}' expects "
            + $"{OnnxElementTypes.NameOf(input.ElementType)} [{string.Join(", ", input.Dimensions.Skip(set.IsWhole ? 0 : 1))}] "
            + $"({(set.IsWhole ? "with" : "without")} the batch{(free > 0 ? $", {free} of them free" : "")}).", set.Source);
    }
}
