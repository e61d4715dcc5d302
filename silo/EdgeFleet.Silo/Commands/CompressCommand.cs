using System.CommandLine;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;
using EdgeFleet.OnnxRuntime;
using EdgeFleet.Silo.Variants;

namespace EdgeFleet.Silo.Commands;

/// <summary>
/// <c>compress MODEL -o OUT</c>: makes one variant of a model by name, or the one that a goal is best served by, and says how good it
/// is. Exit codes: 0 done, 2 bad input, 3 not good enough or goal not reachable (the closest candidate is named).
/// </summary>
internal static class CompressCommand
{
    /// <summary>Latencies that repeated measurements of the same file differ by.</summary>
    private const double MostLatencyRatio = 1 + WinnerRule.LatencyNoise;

    /// <param name="largeFrom">Bytes, external data included, from which on a model is compressed from file to file.</param>
    public static Command Create(long largeFrom = LargeModelCompressor.LeastBytes)
    {
        var options = new CompressOptions();
        var command = options.Command();
        command.SetAction((parsed, cancellationToken) => ToolFailure.GuardAsync(
            parsed.InvocationConfiguration.Error,
            // On another thread from the start, so that Ctrl-C finds somebody who listens.
            () => Task.Run(() => RunAsync(options.Parse(parsed), largeFrom, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CompressArguments arguments, long largeFrom, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        OrtModelRunner.StartEarly();
        if (arguments.FileToFile || LargeModelCompressor.SizeOf(arguments.Model.FullName) >= largeFrom)
        {
            return await LargeModelCommand.RunAsync(arguments, output, error, cancellationToken);
        }

        var bytes = await File.ReadAllBytesAsync(arguments.Model.FullName, cancellationToken);
        var folder = new ExternalDataFolder(arguments.Model.DirectoryName ?? ".");
        var inspection = ModelInspector.Inspect(bytes, folder);
        if (!inspection.IsAcceptable)
        {
            await error.WriteLineAsync($"{arguments.Model.Name}: {string.Join(' ', inspection.Problems.Select(p => p.Message))}");
            return ToolFailure.BadInput;
        }

        var model = ModelInspector.FoldExternalData(bytes, folder);
        var progress = new CompressProgress(error, isQuiet: arguments.Json);
        var journal = new SearchJournalFile($"{arguments.Output.FullName}.search");
        var (study, best, refused) = arguments.SearchGoal is { } goal
            ? await SearchAsync(arguments, goal, model, journal, progress, cancellationToken)
            : await ProduceAsync(arguments, model, progress, error, cancellationToken);
        await CompressReport.WriteAsync(arguments.Report, study, cancellationToken);
        await output.WriteLineAsync(
            arguments.SearchGoal is not null ? arguments.Json ? CompressReport.Json(study, best) : CompressReport.Text(study)
            : arguments.Json ? CompressReport.Json(best!) : CompressReport.Text(best!));
        if (best?.Calibrated?.Warning is { } warning)
        {
            await error.WriteLineAsync(warning);
        }

        if (refused is null)
        {
            await ToolFailure.WriteAtomicallyAsync(arguments.Output, best!.Model, cancellationToken);
        }
        else
        {
            await error.WriteLineAsync($"Refused: {refused}");
        }

        // Not before: where there was no room for the variant, the same command need not measure again.
        if (arguments.SearchGoal is not null)
        {
            journal.Remove();
        }

        return refused is null ? ToolFailure.Done : ToolFailure.BelowFloor;
    }

    private static async Task<Outcome> ProduceAsync(
        CompressArguments arguments, ReadOnlyMemory<byte> model, CompressProgress progress, TextWriter error, CancellationToken cancellationToken)
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

        using var data = await CompressSamples.OpenAsync(arguments, model, cancellationToken);
        var result = new CompressionPipeline(new OrtModelRunner(), TimeProvider.System).Produce(
            new CompressionRequest(model, kind)
            {
                Samples = data.Samples,
                Floor = arguments.Floor,
                MostLatencyRatio = arguments.AllowSlower || CompressionTarget.Parse(arguments.Target) != ProcessorTargets.Here ? null : MostLatencyRatio,
                Histograms = arguments.Report is not null,
                Progress = progress.Step,
            },
            cancellationToken);
        progress.End();
        var refused = result.Refusal is { Kind: RefusalKind.Slower, Reason: var reason }
            ? $"{reason} --allow-slower hands it out all the same; --goal searches for a form that is not slower."
            : result.RefusedBecause;
        return new(CompressReport.StudyOf(arguments, model, data.Name, result), result, refused);
    }

    private static async Task<Outcome> SearchAsync(
        CompressArguments arguments, string goal, ReadOnlyMemory<byte> model, SearchJournalFile journal, CompressProgress progress, CancellationToken cancellationToken)
    {
        using var data = await CompressSamples.OpenAsync(arguments, model, cancellationToken);
        var found = new CompressionSearch(new OrtModelRunner(), TimeProvider.System, journal).Run(
            new SearchRequest(model, GoalParser.Parse(goal), CompressionTarget.Parse(arguments.Target))
            {
                ModelName = arguments.Model.Name,
                Samples = data.Samples,
                CalibrationName = data.Name,
                MeasuredOn = MeasuredOn,
                Budget = TimeSpan.FromMinutes(arguments.Minutes),
                Seed = arguments.Seed,
                Progress = progress.Candidate,
            },
            cancellationToken);
        return new(found.Study, found.Best, found.IsReached ? null : found.Study.Verdict);
    }

    /// <summary>Processor and runtime of this process.</summary>
    internal static string MeasuredOn => $"{ProcessorTargets.NameOf(ProcessorTargets.Here)}, {Environment.ProcessorCount} cores, ONNX Runtime {OrtRuntime.Version}";

    private sealed record Outcome(CompressionStudy Study, CompressionResult? Best, string? Refused);
}
