using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Silo.Commands;

/// <summary><c>compress MODEL -o OUT</c>: makes one variant of a model and says how good it is. Exit codes: 0 done, 2 bad input, 3 below its floor.</summary>
internal static class CompressCommand
{
    public static Command Create()
    {
        var model = new Argument<FileInfo>("MODEL") { Description = "The ONNX model." };
        var output = new Option<FileInfo>("--output", "-o") { Description = "Where to write the variant.", Required = true };
        var profile = new Option<string>("--profile") { Description = "The form: " + string.Join(", ", CompressionKinds.Names) + ".", DefaultValueFactory = _ => "int8" };
        var target = new Option<string>("--target") { Description = "The processor that int8 is for.", DefaultValueFactory = _ => "here" };
        var calibration = new Option<FileInfo?>("--calibration") { Description = "Samples, IDX or .npy, plain or gzip; needed by int8, int8-reduced and int8-signed." };
        var labels = new Option<FileInfo?>("--labels") { Description = "Classes of the samples." };
        var scale = new Option<float>("--scale") { Description = "Integer samples are divided by this.", DefaultValueFactory = _ => 255f };
        var floor = new Option<double?>("--floor") { Description = "Least share of samples on which variant and original must agree." };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        profile.AcceptOnlyFromAmong([.. CompressionKinds.Names]);
        target.AcceptOnlyFromAmong([.. CompressionTarget.Names]);
        var command = new Command("compress", "Make a variant of a model: smaller, faster, measured against the original.")
        {
            model, output, profile, target, calibration, labels, scale, floor, json,
        };
        command.SetAction((parsed, cancellationToken) => ToolFailure.GuardAsync(parsed.InvocationConfiguration.Error, () => RunAsync(
            new Arguments(
                parsed.GetRequiredValue(model),
                parsed.GetRequiredValue(output),
                parsed.GetRequiredValue(profile),
                parsed.GetRequiredValue(target),
                parsed.GetValue(calibration),
                parsed.GetValue(labels),
                parsed.GetValue(scale),
                parsed.GetValue(floor),
                parsed.GetValue(json)),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (!CompressionKinds.TryParse(arguments.Profile, out var asked))
        {
            throw new ArgumentException($"'{arguments.Profile}' is not a profile.", nameof(arguments));
        }

        var (kind, because) = CompressionTarget.Resolve(asked, arguments.Target);
        if (because is not null)
        {
            await error.WriteLineAsync(because);
        }

        var bytes = await File.ReadAllBytesAsync(arguments.Model.FullName, cancellationToken);
        var folder = new ExternalDataFolder(arguments.Model.DirectoryName ?? ".");
        var inspection = ModelInspector.Inspect(bytes, folder);
        if (!inspection.IsAcceptable)
        {
            await error.WriteLineAsync($"{arguments.Model.Name}: {string.Join(' ', inspection.Problems.Select(p => p.Message))}");
            return ToolFailure.BadInput;
        }

        var result = new CompressionPipeline(new OrtModelRunner(), TimeProvider.System).Produce(
            new CompressionRequest(ModelInspector.FoldExternalData(bytes, folder), kind)
            {
                Calibration = await SamplesAsync(arguments.Calibration, arguments.Scale, cancellationToken) is { } samples ? [samples] : [],
                Labels = await LabelsAsync(arguments.Labels, cancellationToken),
                Floor = arguments.Floor,
            },
            cancellationToken);
        await output.WriteLineAsync(arguments.Json ? Json(result) : Text(result));
        if (result.RefusedBecause is { } reason)
        {
            await error.WriteLineAsync($"Refused: {reason}");
            return ToolFailure.BelowFloor;
        }

        await ToolFailure.WriteAtomicallyAsync(arguments.Output, result.Model, cancellationToken);
        return ToolFailure.Done;
    }

    internal static async Task<SampleSet?> SamplesAsync(FileInfo? file, float scale, CancellationToken cancellationToken) => file is null
        ? null
        : SampleFile.ReadSamples(await File.ReadAllBytesAsync(file.FullName, cancellationToken), file.Name, new SampleScaling(scale));

    internal static async Task<IReadOnlyList<int>?> LabelsAsync(FileInfo? file, CancellationToken cancellationToken) =>
        file is null ? null : SampleFile.ReadLabels(await File.ReadAllBytesAsync(file.FullName, cancellationToken), file.Name);

    private static string Text(CompressionResult result)
    {
        var quality = result.Quality;
        var accuracy = quality.Accuracy is { } right ? $", accuracy {right:P2} (original {quality.SourceAccuracy:P2})" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{CompressionKinds.NameOf(result.Recipe.Kind)}: {quality.SizeBytes} bytes ({(double)quality.SizeBytes / quality.SourceSizeBytes:0.000} of {quality.SourceSizeBytes}), "
            + $"agrees on {quality.Top1Agreement:P2} of {quality.Samples}{(quality.Synthetic ? " made-up" : "")} samples, cosine {quality.Cosine:0.00000}{accuracy}, "
            + $"latency {quality.LatencyMs:0.000} ms ({quality.LatencyRatio:0.00} of the original's)");
    }

    private static string Json(CompressionResult result)
    {
        var quality = result.Quality;
        return new JsonObject
        {
            ["profile"] = CompressionKinds.NameOf(result.Recipe.Kind),
            ["sizeBytes"] = quality.SizeBytes,
            ["sourceSizeBytes"] = quality.SourceSizeBytes,
            ["sizeRatio"] = (double)quality.SizeBytes / quality.SourceSizeBytes,
            ["samples"] = quality.Samples,
            ["syntheticSamples"] = quality.Synthetic,
            ["top1Agreement"] = quality.Top1Agreement,
            ["cosine"] = quality.Cosine,
            ["maxAbsError"] = quality.MaxAbsError,
            ["accuracy"] = quality.Accuracy,
            ["sourceAccuracy"] = quality.SourceAccuracy,
            ["latencyMs"] = quality.LatencyMs,
            ["sourceLatencyMs"] = quality.SourceLatencyMs,
            ["latencyRatio"] = quality.LatencyRatio,
            ["floor"] = quality.Floor,
            ["refusedBecause"] = result.RefusedBecause,
            ["tolerance"] = new JsonObject([.. result.Golden.Tolerance.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)t.Value))]),
            ["passes"] = new JsonArray([.. result.Passes.Select(p => (JsonNode)new JsonObject
            {
                ["name"] = p.Name,
                ["changes"] = p.Changes,
                ["nodesBefore"] = p.NodesBefore,
                ["nodesAfter"] = p.NodesAfter,
            })]),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private sealed record Arguments(
        FileInfo Model, FileInfo Output, string Profile, string Target, FileInfo? Calibration, FileInfo? Labels, float Scale, double? Floor, bool Json);
}
