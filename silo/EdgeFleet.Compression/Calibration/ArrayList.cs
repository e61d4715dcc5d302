using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Named arrays as samples.</summary>
internal static class ArrayList
{
    private const int Chunk = 1 << 20;

    /// <summary>
    /// Arrays named like model inputs are the samples of those. Otherwise, for a model with one input: a single array holds all samples,
    /// and of several each is one sample, so that they may differ in their dimensions. For a model with several inputs, as many
    /// arrays, without such names, go by place.
    /// </summary>
    /// <param name="arrays">In order, at least one; each is opened once, when its turn comes.</param>
    /// <param name="source">The file or folder.</param>
    /// <param name="options">How values become samples.</param>
    /// <param name="inputs">The model's.</param>
    /// <exception cref="CalibrationDataException">Names or types do not fit.</exception>
    public static IReadOnlyList<SampleSet> ToSamples(
        IReadOnlyList<(string Name, Func<StoredArray> Open)> arrays, string source, CalibrationInputOptions options, IReadOnlyList<ModelTensorInfo> inputs)
    {
        if (arrays.All(a => inputs.Any(i => i.Name == a.Name)))
        {
            return [.. arrays.Select(a => ToSamples(a, inputs.First(i => i.Name == a.Name), a.Name))];
        }

        if (inputs.Count == 1)
        {
            return [arrays.Count == 1 ? ToSamples(arrays[0], inputs[0], null) : Joined(arrays.Select(a => a.Open()), source, options.Scaling(inputs[0], source))];
        }

        return arrays.Count == inputs.Count && arrays.All(a => inputs.All(i => i.Name != a.Name))
            ? [.. arrays.Zip(inputs, (a, input) => ToSamples(a, input, input.Name))]
            : throw new CalibrationDataException(
                $"{source} holds the arrays {Names(arrays.Select(a => a.Name))}; the model's inputs are {Names(inputs.Select(i => i.Name))}. Name the arrays like the inputs.", source);

        SampleSet ToSamples((string Name, Func<StoredArray> Open) array, ModelTensorInfo input, string? name) =>
            array.Open().ToSamples($"{source}/{array.Name}", options.Scaling(input, source), name);
    }

    /// <summary>Each array as one sample.</summary>
    private static SampleSet Joined(IEnumerable<StoredArray> arrays, string source, SampleScaling scaling)
    {
        using var spool = new SampleSpool(source);
        var shapes = new List<IReadOnlyList<long>>();
        OnnxElementType? type = null;
        foreach (var array in arrays)
        {
            using var data = array.Data;
            if (array.ElementType != (type ??= array.ElementType))
            {
                throw new CalibrationDataException(
                    $"{source} mixes arrays of {OnnxElementTypes.NameOf(type.Value)} and {OnnxElementTypes.NameOf(array.ElementType)}; samples of one input have one type.", source);
            }

            for (var offset = 0L; offset < data.Length; offset += Chunk)
            {
                spool.Write(data.Read(offset, (int)Math.Min(Chunk, data.Length - offset)).Span);
            }

            shapes.Add(array.Dimensions);
        }

        return new SampleSet(source, type!.Value, SampleExtents.Of(shapes), spool.ToStore(), scaling);
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Take(20).Select(n => $"'{n}'"));
}
