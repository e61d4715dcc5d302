using System.CommandLine;
using EdgeFleet.Cli.Http;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>model push FILE</c>: uploads a model version.</summary>
internal static class ModelCommand
{
    public static Command Create(Verbs verbs) => new("model", "Uploads a model.") { CreatePush(verbs) };

    private static Command CreatePush(Verbs verbs)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "An ONNX model." }.AcceptExistingOnly();
        var name = new Option<string>("--name") { HelpName = "NAME", Description = "The model's name, the same for all its versions.", Required = true };
        var version = new Option<string>("--version") { HelpName = "V", Description = "A new version, such as 1.", Required = true };
        var calibration = Existing("--calibration", "Samples that are typical for its inputs, as IDX (.gz too): profiles of static int8 need them.");
        var labels = Existing("--labels", "Labels of the calibration samples, as IDX (.gz too).");
        var data = new Option<FileInfo[]>("--data")
        {
            HelpName = "FILE",
            Description = "A file of external data which the model names; may be repeated.",
            DefaultValueFactory = _ => [],
        }.AcceptExistingOnly();
        var divisor = Arguments.Number("--divisor", 255f, "What a raw sample is divided by first.");
        var mean = Arguments.Number("--mean", 0f, "What is subtracted then.");
        var stddev = Arguments.Number("--stddev", 1f, "What it is divided by last.");
        foreach (var option in new[] { name, version })
        {
            option.Validators.Add(result =>
            {
                if (!Identifier.IsValid(result.GetValueOrDefault<string>()))
                {
                    result.AddError($"{option.Name} '{result.GetValueOrDefault<string>()}' must be 1 to {Identifier.MaxLength} letters, digits, '.', '_' or '-'.");
                }
            });
        }

        var command = new Command("push", "Uploads a model version; the silo checks it first.")
        {
            file, name, version, calibration, labels, data, divisor, mean, stddev,
        };
        return verbs.On(command, async (parsed, session, cancellationToken) =>
        {
            var upload = new ModelUpload(parsed.GetRequiredValue(name), parsed.GetRequiredValue(version), parsed.GetRequiredValue(file))
            {
                Data = parsed.GetValue(data) ?? [],
                Calibration = parsed.GetValue(calibration),
                Labels = parsed.GetValue(labels),
                Divisor = parsed.GetValue(divisor),
                Mean = parsed.GetValue(mean),
                StdDev = parsed.GetValue(stddev),
            };
            var manifest = await session.Fleet.PushModelAsync(upload, cancellationToken);
            if (session.Json)
            {
                session.Screen.Json(manifest, WireJson.Default.ModelManifest);
            }
            else
            {
                session.Screen.Line($"{manifest.Model} is stored: {Format.Bytes(manifest.Artifact.SizeBytes)}, {Format.Count(manifest.Parameters)} parameters, "
                    + $"opset {manifest.Opset}. Bring it to the fleet with: ./fleet rollout start {manifest.Model} --watch");
            }

            return ExitCode.Ok;
        });
    }

    private static Option<FileInfo?> Existing(string name, string description)
    {
        var option = new Option<FileInfo?>(name) { HelpName = "FILE", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !File.Exists(result.Tokens[0].Value))
            {
                result.AddError($"{name}: there is no file '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }
}
