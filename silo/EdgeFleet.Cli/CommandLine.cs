using System.CommandLine;
using System.CommandLine.Parsing;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Demo;
using EdgeFleet.Cli.Http;

namespace EdgeFleet.Cli;

/// <summary>The verbs of <c>edgefleet</c>.</summary>
internal static class CommandLine
{
    /// <summary>A cancelled command gets this long to put away what it started.</summary>
    private static readonly TimeSpan CleanUpTime = TimeSpan.FromSeconds(30);

    public static RootCommand Create(Surroundings surroundings)
    {
        var verbs = new Verbs(surroundings);
        return new RootCommand("EdgeFleet's command line: devices, models and rollouts of a fleet, over HTTP.")
        {
            Verbs.Server,
            Verbs.Json,
            StatusCommand.Create(verbs),
            DevicesCommand.Create(verbs),
            ModelsCommand.Create(verbs),
            ModelCommand.Create(verbs),
            VariantsCommand.Create(verbs),
            RolloutCommand.Create(verbs),
            DemoCommand.Create(surroundings),
        };
    }

    /// <summary>Parses and runs. A command line that is not understood is one line on the error output and <see cref="ExitCode.Usage"/>.</summary>
    public static async Task<int> RunAsync(string[] args, Surroundings surroundings)
    {
        var parsed = Create(surroundings).Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            var verb = Path(parsed.CommandResult);
            var reasons = string.Join(' ', parsed.Errors.Select(e => ProblemReader.OneLine(e.Message)).Distinct(StringComparer.Ordinal));
            await surroundings.Error.WriteLineAsync($"edgefleet: {reasons} See {verb}--help.");
            return ExitCode.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = surroundings.Output,
            Error = surroundings.Error,
            ProcessTerminationTimeout = CleanUpTime,
        };
        return await parsed.InvokeAsync(configuration);
    }

    /// <summary>The verbs that were understood, as typed: "rollout start ".</summary>
    private static string Path(CommandResult result) =>
        result.Command is RootCommand ? "" : (result.Parent is CommandResult parent ? Path(parent) : "") + result.Command.Name + " ";
}
