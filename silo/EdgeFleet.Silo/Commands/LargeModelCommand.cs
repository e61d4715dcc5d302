using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Silo.Commands;

/// <summary>
/// <c>compress</c> for a model that no array holds: from file to file, kinds that need no samples, compared on made-up ones. What it
/// cannot do it refuses by name rather than leave out.
/// </summary>
internal static class LargeModelCommand
{
    /// <summary>Runs of each model for the comparison; one may take seconds.</summary>
    private const int Samples = 8;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(CompressArguments arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (Beyond(arguments) is { Count: > 0 } options)
        {
            await error.WriteLineAsync($"{arguments.Model.Name} is too large to be held in memory, so it is compressed from file to file, without {string.Join(", ", options)}.");
            return ToolFailure.BadInput;
        }

        if (!CompressionKinds.TryParse(arguments.Profile, out var kind)
            || kind is not (CompressionKind.Fp32 or CompressionKind.Int8Dynamic or CompressionKind.Weights4 or CompressionKind.Weights8))
        {
            await error.WriteLineAsync(
                $"{arguments.Model.Name} is too large to be held in memory, which --profile {arguments.Profile} needs: give --profile weights4, weights8, int8-dynamic or fp32.");
            return ToolFailure.BadInput;
        }

        var result = new LargeModelCompressor(new OrtModelRunner()).Compress(
            arguments.Model.FullName, new CompressionRecipe(kind), arguments.Output.FullName, [], Samples, cancellationToken);
        await output.WriteLineAsync(arguments.Json ? Json(kind, result) : Text(kind, result.Quality));
        if (result.RefusedBecause is { } refused)
        {
            await error.WriteLineAsync($"Refused: {refused}");
            return ToolFailure.BelowFloor;
        }

        return ToolFailure.Done;
    }

    /// <summary>The options that were given and need the model whole, or its samples.</summary>
    private static List<string> Beyond(CompressArguments arguments) =>
    [
        .. new (string Name, bool IsGiven)[]
        {
            ("--goal", arguments.Goal is not null),
            ("--report", arguments.Report is not null),
            ("--calibration", arguments.Calibration is not null),
            ("--labels", arguments.Labels is not null),
            ("--test", arguments.Test is not null),
            ("--test-labels", arguments.TestLabels is not null),
            ("--feedback", arguments.Samples.Feedback.Count > 0),
            ("--floor", arguments.Floor is not null),
        }.Where(o => o.IsGiven).Select(o => o.Name),
    ];

    private static string Text(CompressionKind kind, QualityMeasurement quality) => string.Create(
        CultureInfo.InvariantCulture,
        $"{CompressionKinds.NameOf(kind)}: {quality.SizeBytes} bytes ({(double)quality.SizeBytes / quality.SourceSizeBytes:0.000} of {quality.SourceSizeBytes}), cosine {quality.Cosine:0.00000} on {quality.Samples} made-up samples; latency was not measured");

    private static string Json(CompressionKind kind, LargeCompressionResult result) => new JsonObject
    {
        ["profile"] = CompressionKinds.NameOf(kind),
        ["sizeBytes"] = result.Quality.SizeBytes,
        ["sourceSizeBytes"] = result.Quality.SourceSizeBytes,
        ["sizeRatio"] = (double)result.Quality.SizeBytes / result.Quality.SourceSizeBytes,
        ["samples"] = result.Quality.Samples,
        ["syntheticSamples"] = result.Quality.Synthetic,
        ["cosine"] = result.Quality.Cosine,
        ["maxAbsError"] = result.Quality.MaxAbsError,
        ["refusedBecause"] = result.RefusedBecause,
    }.ToJsonString(s_indented);
}
