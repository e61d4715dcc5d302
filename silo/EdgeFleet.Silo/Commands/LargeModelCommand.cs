using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Silo.Commands;

/// <summary>
/// <c>compress</c> for a model that no array holds: from file to file, kinds that are not fitted to samples, compared on those given or
/// on made-up ones. What it cannot do it refuses by name rather than leave out.
/// </summary>
internal static class LargeModelCommand
{
    /// <summary>Runs of each model for the comparison where no samples were given; one may take seconds.</summary>
    private const int MadeUpSamples = 8;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(CompressArguments arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (Beyond(arguments) is { Count: > 0 } options)
        {
            await error.WriteLineAsync($"{arguments.Model.Name} is compressed from file to file, not held in memory, without {string.Join(", ", options)}.");
            return ToolFailure.BadInput;
        }

        if (!CompressionKinds.TryParse(arguments.Profile, out var kind)
            || kind is not (CompressionKind.Fp32 or CompressionKind.Fp16 or CompressionKind.Int8Dynamic or CompressionKind.Weights4 or CompressionKind.Weights8))
        {
            await error.WriteLineAsync(
                $"{arguments.Model.Name} is compressed from file to file, but --profile {arguments.Profile} needs it in memory: give --profile weights4, weights8, int8-dynamic, fp16 or fp32.");
            return ToolFailure.BadInput;
        }

        var progress = new CompressProgress(error, isQuiet: arguments.Json);
        var compressor = new LargeModelCompressor(new OrtModelRunner()) { Progress = progress.Step };
        using var data = await CompressSamples.OpenAsync(arguments, () => compressor.InputsOf(arguments.Model.FullName), cancellationToken);
        var samples = data.Samples.Test.Count > 0 ? data.Samples.Test : data.Samples.Calibration;
        var result = compressor.Compress(
            arguments.Model.FullName,
            new CompressionRecipe(kind),
            arguments.Output.FullName,
            samples,
            samples.Count > 0 ? arguments.Samples.Most : MadeUpSamples,
            arguments.Floor,
            cancellationToken);
        progress.End();
        await output.WriteLineAsync(arguments.Json ? Json(kind, result) : Text(kind, result.Quality));
        if (result.RefusedBecause is { } refused)
        {
            await error.WriteLineAsync($"Refused: {refused}");
            return ToolFailure.BelowFloor;
        }

        return ToolFailure.Done;
    }

    /// <summary>The options that were given and need the model whole.</summary>
    private static List<string> Beyond(CompressArguments arguments) =>
    [
        .. new (string Name, bool IsGiven)[]
        {
            ("--goal", arguments.Goal is not null),
            ("--report", arguments.Report is not null),
            ("--labels", arguments.Labels is not null),
            ("--test-labels", arguments.TestLabels is not null),
            ("--feedback", arguments.Samples.Feedback.Count > 0),
        }.Where(o => o.IsGiven).Select(o => o.Name),
    ];

    private static string Text(CompressionKind kind, QualityMeasurement quality) => string.Create(
        CultureInfo.InvariantCulture,
        $"{CompressionKinds.NameOf(kind)}: {quality.SizeBytes} bytes ({(double)quality.SizeBytes / quality.SourceSizeBytes:0.000} of {quality.SourceSizeBytes}), cosine {quality.Cosine:0.00000}{(quality.Synthetic ? "" : $", agreement {quality.Top1Agreement:0.0000}")} on {quality.Samples} {(quality.Synthetic ? "made-up " : "")}samples; latency was not measured");

    private static string Json(CompressionKind kind, LargeCompressionResult result) => new JsonObject
    {
        ["profile"] = CompressionKinds.NameOf(kind),
        ["sizeBytes"] = result.Quality.SizeBytes,
        ["sourceSizeBytes"] = result.Quality.SourceSizeBytes,
        ["sizeRatio"] = (double)result.Quality.SizeBytes / result.Quality.SourceSizeBytes,
        ["samples"] = result.Quality.Samples,
        ["syntheticSamples"] = result.Quality.Synthetic,
        ["cosine"] = result.Quality.Cosine,
        ["agreement"] = result.Quality.Top1Agreement,
        ["maxAbsError"] = result.Quality.MaxAbsError,
        ["refusedBecause"] = result.RefusedBecause,
    }.ToJsonString(s_indented);
}
