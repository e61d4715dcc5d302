using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Turns samples into model inputs, batch by batch, so that memory holds one batch whatever the number of samples. Samples that differ
/// in their dimensions, or that are whole inputs, go one by one. Without samples it makes fixed pseudo-random ones.
/// </summary>
internal sealed class SampleFeed
{
    private const int MostBatch = 32;
    private const long MostBatchBytes = 64 << 20;

    private readonly IReadOnlyList<InputBinding> _inputs;
    private readonly int _fixedBatch;

    private SampleFeed(IReadOnlyList<InputBinding> inputs, int count, int fixedBatch, bool synthetic)
    {
        _inputs = inputs;
        _fixedBatch = fixedBatch;
        Count = count;
        Synthetic = synthetic;
        var bytes = _inputs.Where(i => !i.IsConstant).Sum(i => i.Samples.SampleElements * 4L);
        BatchSize = fixedBatch > 0 ? fixedBatch
            : _inputs.Any(i => i.NeedsSingleRuns) ? 1
            : (int)Math.Clamp(MostBatchBytes / Math.Max(1, bytes), 1, MostBatch);
    }

    /// <summary>Samples.</summary>
    public int Count { get; }

    public bool Synthetic { get; }

    /// <summary>Samples per run.</summary>
    public int BatchSize { get; private set; }

    /// <summary>True where the model takes any batch.</summary>
    public bool IsFreeBatch => _fixedBatch == 0;

    /// <summary>Fewest samples that a run takes.</summary>
    public int LeastBatch => Math.Max(1, _fixedBatch);

    /// <summary>Matches samples to a model's inputs.</summary>
    /// <exception cref="CalibrationDataException">Number, type or shape do not fit; says what was expected and what was given.</exception>
    public static SampleFeed Create(IReadOnlyList<ModelTensorInfo> inputs, IReadOnlyList<SampleSet> samples, int mostSamples)
    {
        var synthetic = samples.Count == 0;
        if (synthetic)
        {
            samples = SyntheticSamples.For(inputs);
        }

        if (samples.FirstOrDefault(s => s.InputName is not null && inputs.All(i => i.Name != s.InputName)) is { } stray)
        {
            throw new CalibrationDataException($"{stray.Source} is for input '{stray.InputName}', which the model does not have; it has {Names(inputs)}.", stray.Source);
        }

        var bound = inputs.Select((input, i) => InputBinding.Of(input, SetOf(input, i, inputs, samples))).ToList();
        var counted = bound.FindAll(b => !b.IsConstant);
        var count = counted.Count == 0 ? 1 : counted.Min(b => b.Samples.Count);
        if (counted.Find(b => b.Samples.Count != count) is { } longer)
        {
            throw new CalibrationDataException($"{longer.Samples.Source} has {longer.Samples.Count} samples, another input's file {count}; they must be as many.", longer.Samples.Source);
        }

        var batch = FixedBatch(bound);
        count = Math.Min(count, mostSamples);
        return batch <= count
            ? new SampleFeed(bound, batch > 0 ? count / batch * batch : count, batch, synthetic)
            : throw new CalibrationDataException($"The model takes batches of {batch}; {count} samples were given.");
    }

    /// <summary>Makes every run take one sample: for models whose outputs do not go by batch.</summary>
    public void UseSingleSamples() => BatchSize = LeastBatch;

    /// <summary>Inputs of samples [start, start + count).</summary>
    public IReadOnlyList<ModelTensor> Batch(int start, int count) => [.. _inputs.Select(i => i.Tensor(start, count))];

    /// <summary>A run of the fewest samples that needs as much memory as any.</summary>
    public (int Start, int Count) Largest()
    {
        var largest = _inputs.Where(i => !i.Samples.IsUniform).MaxBy(i => i.Samples.SampleElements)?.Samples.Largest ?? 0;
        return (Math.Min(largest, Count - LeastBatch), LeastBatch);
    }

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

    /// <summary>By name; without names by place, where there are as many.</summary>
    private static SampleSet SetOf(ModelTensorInfo input, int place, IReadOnlyList<ModelTensorInfo> inputs, IReadOnlyList<SampleSet> samples) =>
        samples.FirstOrDefault(s => s.InputName == input.Name)
        ?? (samples.Count == inputs.Count && samples.All(s => s.InputName is null) ? samples[place] : null)
        ?? throw new CalibrationDataException(
            $"No samples were given for input '{input.Name}'; the model has {Names(inputs)}. Give them by name, or name the output that is fed back to it (--feedback output={input.Name}).",
            input.Name);

    private static int FixedBatch(List<InputBinding> bound)
    {
        var batches = bound.Select(b => b.FixedBatch).Where(b => b > 0).Distinct().ToList();
        if (batches.Count > 1 || batches.Exists(b => b > 4096))
        {
            throw new CalibrationDataException(
                $"The model's inputs have first dimensions {string.Join(", ", batches)}; samples cannot be laid along them. Give each sample as a whole input, its first dimension included.");
        }

        var single = bound.Find(b => b.NeedsSingleRuns);
        return batches.Count == 0 ? 0
            : single is null || batches[0] == 1 ? (int)batches[0]
            : throw new CalibrationDataException(
                $"The model takes batches of {batches[0]}, but samples of input '{single.Input.Name}' ({single.Samples.Source}) go one by one, "
                + $"since they {(single.Samples.IsUniform ? "are whole inputs" : "differ in their dimensions")}. Give every input's samples as whole inputs.", single.Samples.Source);
    }

    private static string Names(IEnumerable<ModelTensorInfo> inputs) => string.Join(", ", inputs.Select(i => $"'{i.Name}'"));
}
