using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Report;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Silo.Commands;

/// <summary>What <c>compress</c> says of its result: text, JSON, and the report file.</summary>
internal static class CompressReport
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>A study of the one form that was asked for by name.</summary>
    public static CompressionStudy StudyOf(CompressArguments arguments, ReadOnlyMemory<byte> model, string samples, CompressionResult result)
    {
        var shared = result.PreparationPasses;
        return new(
            arguments.Model.Name,
            Convert.ToHexStringLower(SHA256.HashData(model.Span)),
            model.Length,
            ProcessorTargets.NameOf(CompressionTarget.Parse(arguments.Target)),
            CompressCommand.MeasuredOn,
            samples,
            null,
            0,
            0,
            [new(result.Recipe.ToString(), result.Recipe, Convert.ToHexStringLower(SHA256.HashData(result.Model)), result.Quality, true, result.RefusedBecause, [.. result.Passes.Skip(shared)], 0)],
            result.IsAcceptable ? 0 : null,
            result.IsAcceptable ? null : 0,
            result.RefusedBecause is { } reason ? $"{Text(result)}. Refused: {reason}" : $"{Text(result)}.",
            [.. result.Passes.Take(shared)],
            result.Layers,
            result.Calibrated,
            result.Golden.Tolerance);
    }

    /// <summary>Writes the report, in the form that its name ends in; does nothing where none is asked for.</summary>
    public static async Task WriteAsync(FileInfo? file, CompressionStudy study, CancellationToken cancellationToken)
    {
        if (file is not null)
        {
            var text = file.Extension == ".json" ? StudyJson.Write(study) : HtmlReport.Render(study);
            await ToolFailure.WriteAtomicallyAsync(file, Encoding.UTF8.GetBytes(text), cancellationToken);
        }
    }

    public static string Text(CompressionStudy study) => study.Verdict;

    public static string Text(CompressionResult result)
    {
        var quality = result.Quality;
        var accuracy = quality.Accuracy is { } right ? $", accuracy {right:P2} (original {quality.SourceAccuracy:P2})" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{CompressionKinds.NameOf(result.Recipe.Kind)}: {quality.SizeBytes} bytes ({(double)quality.SizeBytes / quality.SourceSizeBytes:0.000} of {quality.SourceSizeBytes}), "
            + $"agrees on {quality.Top1Agreement:P2} of {quality.Samples}{(quality.Synthetic ? " made-up" : "")} samples, cosine {quality.Cosine:0.00000}{accuracy}, "
            + $"latency {quality.LatencyMs:0.000} ms ({quality.LatencyRatio:0.00} of the original's)");
    }

    public static string Json(CompressionStudy study, CompressionResult? best) => new JsonObject
    {
        ["goal"] = study.Goal,
        ["reached"] = study.Winner is not null,
        ["verdict"] = study.Verdict,
        ["best"] = best is null ? null : Object(best),
        ["candidates"] = new JsonArray([.. study.Candidates.Select((c, i) => (JsonNode)new JsonObject
        {
            ["name"] = c.Name,
            ["winner"] = i == study.Winner,
            ["onFront"] = c.OnFront,
            ["rejectedBecause"] = c.RejectedBecause,
            ["quality"] = c.Quality is null ? null : Object(c.Quality),
        })]),
    }.ToJsonString(s_indented);

    public static string Json(CompressionResult result) => Object(result).ToJsonString(s_indented);

    private static JsonObject Object(CompressionResult result)
    {
        var json = Object(result.Quality);
        json.Insert(0, "profile", CompressionKinds.NameOf(result.Recipe.Kind));
        json.Insert(1, "recipe", result.Recipe.ToString());
        json["refusedBecause"] = result.RefusedBecause;
        json["tolerance"] = new JsonObject([.. result.Golden.Tolerance.Select(t => KeyValuePair.Create(t.Key, (JsonNode?)t.Value))]);
        json["passes"] = new JsonArray([.. result.Passes.Select(p => (JsonNode)new JsonObject
        {
            ["name"] = p.Name,
            ["changes"] = p.Changes,
            ["nodesBefore"] = p.NodesBefore,
            ["nodesAfter"] = p.NodesAfter,
        })]);
        return json;
    }

    private static JsonObject Object(QualityMeasurement quality) => new()
    {
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
        ["pointsLost"] = quality.PointsLost,
        ["latencyMs"] = quality.LatencyMs,
        ["sourceLatencyMs"] = quality.SourceLatencyMs,
        ["latencyRatio"] = quality.LatencyRatio,
        ["floor"] = quality.Floor,
    };
}
