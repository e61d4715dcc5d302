using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Silo.Commands;

/// <summary><c>evaluate MODEL --images X --labels Y</c>: accuracy, size and one-thread latency, alone or beside another model. Exit codes: 0 done, 2 bad input.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Argument<FileInfo>("MODEL") { Description = "The ONNX model." };
        var imageFile = new Option<FileInfo>("--images") { Description = "Samples, IDX or .npy, plain or gzip.", Required = true };
        var labels = new Option<FileInfo>("--labels") { Description = "Their classes.", Required = true };
        var versus = new Option<FileInfo?>("--versus") { Description = "Another model, run in turns with the first." };
        var scale = new Option<float>("--scale") { Description = "Integer samples are divided by this.", DefaultValueFactory = _ => 255f };
        var runs = new Option<int>("--runs") { Description = "Timed runs of each model.", DefaultValueFactory = _ => 300 };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("evaluate", "Measure a model's accuracy, size and latency.") { model, imageFile, labels, versus, scale, runs, json };
        command.SetAction((parsed, cancellationToken) => ToolFailure.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var other = parsed.GetValue(versus);
            var images = parsed.GetRequiredValue(imageFile);
            var samples = SampleFile.ReadSamples(await File.ReadAllBytesAsync(images.FullName, cancellationToken), images.Name, new SampleScaling(parsed.GetValue(scale)));
            var classes = await CompressSamples.LabelsAsync(parsed.GetRequiredValue(labels), cancellationToken);
            var evaluation = new ModelEvaluator(new OrtModelRunner(), TimeProvider.System).Evaluate(
                await File.ReadAllBytesAsync(parsed.GetRequiredValue(model).FullName, cancellationToken),
                other is null ? (ReadOnlyMemory<byte>?)null : await File.ReadAllBytesAsync(other.FullName, cancellationToken),
                samples,
                classes!,
                parsed.GetValue(runs),
                cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(json) ? Json(evaluation) : Text(evaluation));
            return ToolFailure.Done;
        }));
        return command;
    }

    private static string Text(Evaluation evaluation)
    {
        var alone = string.Create(CultureInfo.InvariantCulture,
            $"{evaluation.Samples} samples: accuracy {evaluation.Accuracy:P2}, {evaluation.SizeBytes} bytes, {evaluation.LatencyMs:0.000} ms");
        return evaluation.Versus is not { } versus ? alone : alone + string.Create(CultureInfo.InvariantCulture,
            $"; versus accuracy {versus.Accuracy:P2}, {versus.SizeBytes} bytes, {versus.LatencyMs:0.000} ms: "
            + $"{(evaluation.Accuracy - versus.Accuracy) * 100:+0.00;-0.00;0.00} points, size {versus.SizeRatio:0.000}, latency {versus.LatencyRatio:0.00}, agreement {versus.Top1Agreement:P2}");
    }

    private static string Json(Evaluation evaluation)
    {
        var result = new JsonObject
        {
            ["samples"] = evaluation.Samples,
            ["accuracy"] = evaluation.Accuracy,
            ["sizeBytes"] = evaluation.SizeBytes,
            ["latencyMs"] = evaluation.LatencyMs,
        };
        if (evaluation.Versus is { } versus)
        {
            result["versus"] = new JsonObject
            {
                ["accuracy"] = versus.Accuracy,
                ["sizeBytes"] = versus.SizeBytes,
                ["latencyMs"] = versus.LatencyMs,
                ["top1Agreement"] = versus.Top1Agreement,
                ["sizeRatio"] = versus.SizeRatio,
                ["latencyRatio"] = versus.LatencyRatio,
                ["accuracyPoints"] = (evaluation.Accuracy - versus.Accuracy) * 100,
            };
        }

        return result.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
