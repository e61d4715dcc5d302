using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Silo.Commands;

/// <summary>The sample files named on the command line, opened; disposed when nothing reads samples any more.</summary>
internal sealed class CompressSamples : IDisposable
{
    private readonly CalibrationInput? _calibration;
    private readonly CalibrationInput? _test;

    private CompressSamples(CalibrationInput? calibration, CalibrationInput? test) => (_calibration, _test) = (calibration, test);

    /// <summary>The samples with what the command line says of them.</summary>
    public required RequestSamples Samples { get; init; }

    /// <summary>The calibration samples in words.</summary>
    public string Name => _calibration?.Description ?? "none: made-up inputs";

    /// <exception cref="CalibrationDataException">A file is no such data, or labels are given without samples.</exception>
    public static Task<CompressSamples> OpenAsync(CompressArguments arguments, ReadOnlyMemory<byte> model, CancellationToken cancellationToken) => OpenAsync(
        arguments,
        () =>
        {
            using var session = new OrtModelRunner().Load(model, new ModelSessionOptions());
            return session.Inputs;
        },
        cancellationToken);

    /// <param name="arguments">The command line.</param>
    /// <param name="inputsOf">The model's inputs; asked for where samples were given.</param>
    /// <param name="cancellationToken">Ends the reading of labels.</param>
    /// <exception cref="CalibrationDataException">A file is no such data, or labels are given without samples.</exception>
    public static async Task<CompressSamples> OpenAsync(CompressArguments arguments, Func<IReadOnlyList<ModelTensorInfo>> inputsOf, CancellationToken cancellationToken)
    {
        if ((arguments.Labels is not null && arguments.Calibration is null) || (arguments.TestLabels is not null && arguments.Test is null))
        {
            throw new CalibrationDataException("Labels were given without the samples that they are of.");
        }

        var inputs = arguments.Calibration is not null || arguments.Test is not null ? inputsOf() : [];
        CalibrationInput? Open(string? path) => path is null ? null : CalibrationInput.Open(path, arguments.Reading, inputs);
        var (calibration, test) = (Open(arguments.Calibration), Open(arguments.Test));
        return new(calibration, test)
        {
            Samples = arguments.Samples with
            {
                Calibration = calibration?.Samples ?? [],
                Labels = await LabelsAsync(arguments.Labels, cancellationToken),
                Test = test?.Samples ?? [],
                TestLabels = await LabelsAsync(arguments.TestLabels, cancellationToken),
            },
        };
    }

    public void Dispose()
    {
        _calibration?.Dispose();
        _test?.Dispose();
    }

    internal static async Task<IReadOnlyList<int>?> LabelsAsync(FileInfo? file, CancellationToken cancellationToken) =>
        file is null ? null : SampleFile.ReadLabels(await File.ReadAllBytesAsync(file.FullName, cancellationToken), file.Name);
}
