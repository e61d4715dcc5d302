using System.CommandLine;

namespace EdgeFleet.Silo.Commands;

/// <summary>The verbs of the silo's executable; without one it is <c>up</c>.</summary>
internal static class SiloCommandLine
{
    private static readonly string[] OwnOptions = ["-h", "-?", "--help", "--version"];

    public static RootCommand Create() => new("EdgeFleet's silo: the server of a fleet, and the compression engine as a tool.")
    {
        UpCommand.Create(),
        CompressCommand.Create(),
        EvaluateCommand.Create(),
        PermuteCommand.Create(),
    };

    /// <summary>Parses and runs. A bad option is one line on <paramref name="error"/> and exit code 1.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var parsed = Create().Parse(WithVerb(args));
        if (parsed.Errors.Count > 0)
        {
            var verb = parsed.CommandResult.Command;
            var path = verb is RootCommand ? "" : verb.Name + " ";
            await error.WriteLineAsync($"silo: {string.Join(' ', parsed.Errors.Select(e => e.Message))} See {path}--help.");
            return 1;
        }

        // The host listens to signals itself; a second listener would cut its shutdown short. Tools stop between two steps, or are cut off.
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == UpCommand.Name ? null : TimeSpan.FromSeconds(2),
        };
        return await parsed.InvokeAsync(configuration);
    }

    private static string[] WithVerb(string[] args) =>
        args.Length == 0 || (args[0].StartsWith('-') && !OwnOptions.Contains(args[0], StringComparer.Ordinal)) ? ["up", .. args] : args;
}
