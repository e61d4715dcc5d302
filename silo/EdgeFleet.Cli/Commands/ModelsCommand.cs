using System.CommandLine;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>models</c>: every model version with what it became.</summary>
internal static class ModelsCommand
{
    private static readonly Column[] Columns =
        [new("MODEL"), new("SIZE", Right: true), new("PARAMETERS", Right: true), new("OPSET", Right: true), new("CALIBRATION"), new("VARIANTS", Wraps: true)];

    public static Command Create(Verbs verbs) => verbs.On(new Command("models", "Shows the models."), async (_, session, cancellationToken) =>
    {
        var list = await session.Fleet.ModelsAsync(cancellationToken);
        if (session.Json)
        {
            session.Screen.Json(list, WireJson.Default.ModelList);
        }
        else if (list.Models.Count == 0)
        {
            session.Screen.Line("No model yet. Upload one with: ./fleet model push FILE --name NAME --version 1");
        }
        else
        {
            session.Screen.Table(Columns, [.. list.Models.Select(Row)]);
        }

        return ExitCode.Ok;
    });

    private static string[] Row(ModelView model) =>
    [
        model.Manifest.Model.Value,
        Format.Bytes(model.Manifest.Artifact.SizeBytes),
        Format.Count(model.Manifest.Parameters),
        model.Manifest.Opset.ToString(System.Globalization.CultureInfo.InvariantCulture),
        model.Manifest.Calibration is { } data ? Format.Bytes(data.SizeBytes) : "-",
        model.Variants.Count == 0 ? "-" : string.Join(", ", model.Variants.Select(Short)),
    ];

    private static string Short(VariantInfo variant) =>
        variant.Artifact is { } artifact ? $"{variant.Profile} {Format.Bytes(artifact.SizeBytes)}" : $"{variant.Profile} {variant.Status}";
}
