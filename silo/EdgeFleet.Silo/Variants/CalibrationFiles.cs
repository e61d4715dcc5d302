using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Silo.Variants;

/// <summary>Calibration samples and labels as they come with an upload.</summary>
internal static class CalibrationFiles
{
    /// <exception cref="CalibrationDataException">Not a sample file.</exception>
    public static SampleSet Samples(ReadOnlyMemory<byte> file, string name, InputScaling scaling) =>
        SampleFile.ReadSamples(file, name, new SampleScaling(scaling.Divisor, scaling.Mean, scaling.StdDev));

    /// <exception cref="CalibrationDataException">Not a label file, or not one label per sample.</exception>
    public static IReadOnlyList<int> Labels(ReadOnlyMemory<byte> file, string name, SampleSet samples)
    {
        var labels = SampleFile.ReadLabels(file, name);
        return labels.Count == samples.Count
            ? labels
            : throw new CalibrationDataException($"{name} has {labels.Count} labels for {samples.Count} samples.", name);
    }

    /// <summary>One sample must fill the model's only input, the batch aside.</summary>
    /// <exception cref="CalibrationDataException">It does not; names the file and both shapes.</exception>
    public static void CheckShape(SampleSet samples, IReadOnlyList<ModelTensorInfo> inputs)
    {
        if (inputs.Count != 1)
        {
            throw new CalibrationDataException($"{samples.Source}: calibration data is taken for models with one input; this one has {inputs.Count}.", samples.Source);
        }

        var inner = inputs[0].Dimensions.Skip(1).ToList();
        var known = inner.Where(d => d > 0).Aggregate(1L, (product, d) => product * d);
        var fits = inner.TrueForAll(d => d > 0) ? samples.SampleElements == known : samples.SampleElements % known == 0;
        if (!fits)
        {
            throw new CalibrationDataException(
                $"{samples.Source}: a sample has the shape [{string.Join(", ", samples.SampleDimensions)}], "
                + $"which does not fill input '{inputs[0].Name}' [{string.Join(", ", inputs[0].Dimensions)}].",
                samples.Source);
        }
    }
}
