using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Silo.Commands;

/// <summary>The sample files named on the command line, opened.</summary>
/// <param name="Calibration">Calibration samples.</param>
/// <param name="Labels">Their classes; null where none are given.</param>
/// <param name="Test">Test samples; empty where none are given.</param>
/// <param name="TestLabels">Their classes.</param>
/// <param name="Name">The samples in words.</param>
internal sealed record CompressSamples(
    IReadOnlyList<SampleSet> Calibration, IReadOnlyList<int>? Labels, IReadOnlyList<SampleSet> Test, IReadOnlyList<int>? TestLabels, string Name) : IDisposable
{
    /// <exception cref="CalibrationDataException">A file is no such data, or labels are given without samples.</exception>
    public static async Task<CompressSamples> OpenAsync(CompressArguments arguments, ReadOnlyMemory<byte> model, CancellationToken cancellationToken)
    {
        if ((arguments.Labels is not null && arguments.Calibration is null) || (arguments.TestLabels is not null && arguments.Test is null))
        {
            throw new CalibrationDataException("Labels were given without the samples that they are of.");
        }

        var calibration = await SamplesAsync(arguments.Calibration, arguments.Scale, cancellationToken);
        var test = await SamplesAsync(arguments.Test, arguments.Scale, cancellationToken);
        return new(
            calibration,
            await LabelsAsync(arguments.Labels, cancellationToken),
            test,
            await LabelsAsync(arguments.TestLabels, cancellationToken),
            calibration.Count == 0 ? "none: made-up inputs" : string.Join(", ", calibration.Select(s => $"{s.Source}, {s.Count} samples")));
    }

    public void Dispose()
    {
    }

    internal static async Task<IReadOnlyList<int>?> LabelsAsync(FileInfo? file, CancellationToken cancellationToken) =>
        file is null ? null : SampleFile.ReadLabels(await File.ReadAllBytesAsync(file.FullName, cancellationToken), file.Name);

    internal static async Task<IReadOnlyList<SampleSet>> SamplesAsync(string? file, float scale, CancellationToken cancellationToken) => file is null
        ? []
        : [SampleFile.ReadSamples(await File.ReadAllBytesAsync(file, cancellationToken), Path.GetFileName(file), new SampleScaling(scale))];
}
