using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Turns samples into model inputs, batch by batch, so that memory holds one batch whatever the number of samples.
/// Without samples it makes fixed pseudo-random ones.
/// </summary>
internal sealed class SampleFeed
{
    private const int MostBatch = 32;
    private const long MostBatchBytes = 64 << 20;
    private const int SyntheticSamples = 32;
    private const long SyntheticFreeDimension = 8;

    private readonly IReadOnlyList<(ModelTensorInfo Input, SampleSet Samples, long[] Dimensions)> _inputs;
    private readonly int _fixedBatch;

    private SampleFeed(IReadOnlyList<(ModelTensorInfo, SampleSet, long[])> inputs, int count, int fixedBatch, bool synthetic)
    {
        _inputs = inputs;
        _fixedBatch = fixedBatch;
        Count = count;
        Synthetic = synthetic;
        var bytes = _inputs.Sum(i => i.Samples.SampleElements * 4L);
        BatchSize = fixedBatch > 0 ? fixedBatch : (int)Math.Clamp(MostBatchBytes / Math.Max(1, bytes), 1, MostBatch);
    }

    /// <summary>Samples.</summary>
    public int Count { get; }

    public bool Synthetic { get; }

    /// <summary>Samples per run.</summary>
    public int BatchSize { get; private set; }

    /// <summary>True where the model takes any batch.</summary>
    public bool IsFreeBatch => _fixedBatch == 0;

    /// <summary>Matches samples to a model's inputs.</summary>
    /// <exception cref="CalibrationDataException">Number, type or shape do not fit; says what was expected and what was given.</exception>
    public static SampleFeed Create(IReadOnlyList<ModelTensorInfo> inputs, IReadOnlyList<SampleSet> samples, int mostSamples)
    {
        var synthetic = samples.Count == 0;
        if (synthetic)
        {
            samples = [.. inputs.Select(Synthesize)];
        }

        var matched = inputs.Select(input => Match(input, inputs, samples)).ToList();
        if (samples.FirstOrDefault(s => s.InputName is not null && inputs.All(i => i.Name != s.InputName)) is { } stray)
        {
            throw new CalibrationDataException($"{stray.Source} is for input '{stray.InputName}', which the model does not have; it has {Names(inputs)}.", stray.Source);
        }

        var count = matched.Count == 0 ? 1 : matched.Min(m => m.Samples.Count);
        if (matched.Find(m => m.Samples.Count != count) is { Input: not null } longer)
        {
            throw new CalibrationDataException($"{longer.Samples.Source} has {longer.Samples.Count} samples, another input's file {count}; they must be as many.", longer.Samples.Source);
        }

        var fixedBatch = matched.Select(m => m.Input.Dimensions.Count == 0 ? 1 : m.Input.Dimensions[0]).Where(d => d > 0).Distinct().ToList();
        if (fixedBatch.Count > 1 || fixedBatch.Exists(b => b > 4096))
        {
            throw new CalibrationDataException($"The model's inputs have first dimensions {string.Join(", ", fixedBatch)}; samples cannot be laid along them.");
        }

        var batch = fixedBatch.Count == 0 ? 0 : (int)fixedBatch[0];
        count = Math.Min(count, mostSamples);
        return batch <= count
            ? new SampleFeed(matched, batch > 0 ? count / batch * batch : count, batch, synthetic)
            : throw new CalibrationDataException($"The model takes batches of {batch}; {count} samples were given.");
    }

    /// <summary>Makes every run take one sample: for models whose outputs do not go by batch.</summary>
    public void UseSingleSamples() => BatchSize = Math.Max(1, _fixedBatch);

    /// <summary>Inputs of samples [start, start + count).</summary>
    public IReadOnlyList<ModelTensor> Batch(int start, int count) => [.. _inputs.Select(i => Tensor(i.Input, i.Samples, i.Dimensions, start, count))];

    /// <summary>Fewest samples that a run takes.</summary>
    public int LeastBatch => Math.Max(1, _fixedBatch);

    /// <summary>A run of the fewest samples that needs as much memory as any.</summary>
    public (int Start, int Count) Largest() => (0, LeastBatch);

    /// <summary>Start and number of samples of each run over all samples.</summary>
    public IEnumerable<(int Start, int Count)> Batches() => Batches(BatchSize);

    /// <summary>The same with at most <paramref name="most"/> samples per run, but not fewer than the model takes.</summary>
    public IEnumerable<(int Start, int Count)> Batches(int most)
    {
        var batch = Math.Clamp(most / LeastBatch * LeastBatch, LeastBatch, BatchSize);
        for (var start = 0; start < Count; start += batch)
        {
            yield return (start, Math.Min(batch, Count - start));
        }
    }

    private static ModelTensor Tensor(ModelTensorInfo input, SampleSet samples, long[] sampleDimensions, int start, int count)
    {
        long[] dimensions = input.Dimensions.Count == 0 ? [] : [count, .. sampleDimensions];
        if (input.ElementType == samples.ElementType && input.ElementType != OnnxElementType.Float)
        {
            return new ModelTensor(input.Name, input.ElementType, dimensions, samples.Raw(start, count));
        }

        var bytes = GC.AllocateUninitializedArray<byte>(checked(count * samples.SampleElements * sizeof(float)));
        samples.CopyTo(start, count, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        return new ModelTensor(input.Name, OnnxElementType.Float, dimensions, bytes);
    }

    private static (ModelTensorInfo Input, SampleSet Samples, long[] Dimensions) Match(
        ModelTensorInfo input, IReadOnlyList<ModelTensorInfo> inputs, IReadOnlyList<SampleSet> samples)
    {
        var set = samples.FirstOrDefault(s => s.InputName == input.Name)
            ?? (inputs.Count == 1 ? samples.FirstOrDefault(s => s.InputName is null) : null)
            ?? throw new CalibrationDataException($"No samples were given for input '{input.Name}'; the model has {Names(inputs)}.", input.Name);
        if (input.ElementType != OnnxElementType.Float && input.ElementType != set.ElementType)
        {
            throw new CalibrationDataException(
                $"{set.Source} holds {OnnxElementTypes.NameOf(set.ElementType)}; input '{input.Name}' expects {OnnxElementTypes.NameOf(input.ElementType)}.", set.Source);
        }

        return (input, set, Dimensions(input, set));
    }

    /// <summary>The model's dimensions after the batch, free ones taken from the sample.</summary>
    private static long[] Dimensions(ModelTensorInfo input, SampleSet set)
    {
        var expected = input.Dimensions.Skip(1).ToArray();
        var given = set.SampleDimensions;
        if (expected.Count(d => d < 0) is var free and > 0)
        {
            var aligned = given.Count <= expected.Length ? Enumerable.Repeat(1L, expected.Length - given.Count).Concat(given).ToArray() : [];
            var fits = aligned.Length == expected.Length && expected.Zip(aligned).All(d => d.First < 0 || d.First == d.Second);
            return fits ? aligned : throw Shape(input, set, $"{free} of them free");
        }

        // A sample without a channel, or flat, is laid out like one with: only the ones and the order matter.
        var same = expected.Where(d => d != 1).SequenceEqual(given.Where(d => d != 1))
            || (given.Count == 1 && given[0] == expected.Aggregate(1L, (product, dimension) => product * dimension));
        return same ? expected : throw Shape(input, set, "without the batch");
    }

    private static CalibrationDataException Shape(ModelTensorInfo input, SampleSet set, string remark) => new(
        $"{set.Source}: samples are {OnnxElementTypes.NameOf(set.ElementType)} [{string.Join(", ", set.SampleDimensions)}]; "
        + $"input '{input.Name}' expects {OnnxElementTypes.NameOf(input.ElementType)} [{string.Join(", ", input.Dimensions.Skip(1))}] ({remark}).", set.Source);

    private static SampleSet Synthesize(ModelTensorInfo input)
    {
        long[] dimensions = [.. input.Dimensions.Skip(1).Select(d => d < 0 ? SyntheticFreeDimension : d)];
        var elements = dimensions.Aggregate(1d, (product, dimension) => product * dimension) * SyntheticSamples;
        if (elements > 1 << 26)
        {
            throw new CalibrationDataException($"Input '{input.Name}' is too large for made-up samples; give calibration data.", input.Name);
        }

        var random = new Random(20);
        var count = (int)elements;
        byte[] bytes;
        if (input.ElementType == OnnxElementType.Float)
        {
            var values = new float[count];
            foreach (ref var value in values.AsSpan())
            {
                value = random.NextSingle();
            }

            bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        }
        else
        {
            // Zeros are valid indices, masks and lengths of every integer type.
            bytes = new byte[checked(count * OnnxElementTypes.BitsOf(input.ElementType) / 8)];
        }

        return new SampleSet("made-up samples", input.ElementType, dimensions, SyntheticSamples, bytes, new SampleScaling(1)) { InputName = input.Name };
    }

    private static string Names(IEnumerable<ModelTensorInfo> inputs) => string.Join(", ", inputs.Select(i => $"'{i.Name}'"));
}
