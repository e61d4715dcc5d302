using System.CommandLine;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>variants MODEL</c>: the forms of a model with their quality; with <c>--ensure</c>, asks for one more.</summary>
internal static class VariantsCommand
{
    private static readonly Column[] Columns =
        [new("PROFILE"), new("STATUS"), new("SIZE", Right: true), new("OF SOURCE", Right: true), new("AGREEMENT", Right: true), new("COSINE", Right: true),
         new("ACCURACY", Right: true), new("LATENCY RATIO", Right: true), new("SAYS", Wraps: true)];

    public static Command Create(Verbs verbs)
    {
        var model = Arguments.Model();
        var ensure = Arguments.Profile("--ensure", "Asks for this form, and returns at once.");
        var command = new Command("variants", "Shows the forms of a model.") { model, ensure };
        return verbs.On(command, async (parsed, session, cancellationToken) =>
        {
            if (parsed.GetValue(ensure) is { } profile)
            {
                var variant = await session.Fleet.EnsureVariantAsync(parsed.GetValue(model), profile, cancellationToken);
                if (session.Json)
                {
                    session.Screen.Json(variant, WireJson.Default.VariantInfo);
                }
                else
                {
                    session.Screen.Line($"{parsed.GetValue(model)} as {variant.Profile}: {variant.Status}{(variant.Message is { } m ? ", " + m : "")}");
                }

                return variant.Status is VariantStatus.Refused or VariantStatus.Failed ? ExitCode.Failed : ExitCode.Ok;
            }

            var view = await session.Fleet.ModelAsync(parsed.GetValue(model), cancellationToken);
            if (session.Json)
            {
                session.Screen.Json(view, WireJson.Default.ModelView);
            }
            else if (view.Variants.Count == 0)
            {
                session.Screen.Line($"{view.Manifest.Model} has no variant yet: a rollout makes those which its devices need, or ask with --ensure PROFILE.");
            }
            else
            {
                session.Screen.Table(Columns, [.. view.Variants.Select(Row)]);
            }

            return ExitCode.Ok;
        });
    }

    private static string[] Row(VariantInfo variant)
    {
        var quality = variant.Quality;
        return
        [
            variant.Profile.Value,
            variant.Status.ToString(),
            variant.Artifact is { } artifact ? Format.Bytes(artifact.SizeBytes) : "-",
            Format.Percent(quality is { SourceSizeBytes: > 0 } ? (double)quality.SizeBytes / quality.SourceSizeBytes : null),
            Format.Percent(quality?.Top1Agreement),
            quality is null ? "-" : quality.Cosine.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture),
            Format.Percent(quality?.Accuracy),
            Format.Ratio(quality?.LatencyRatio),
            variant.Message ?? "-",
        ];
    }
}
