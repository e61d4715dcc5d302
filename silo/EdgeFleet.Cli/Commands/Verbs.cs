using System.CommandLine;
using EdgeFleet.Cli.Http;
using EdgeFleet.Cli.Output;

namespace EdgeFleet.Cli.Commands;

/// <summary>What every verb has in common: the server, the form of the output, and what failures become.</summary>
internal sealed class Verbs(Surroundings surroundings)
{
    public const string DefaultServer = "http://127.0.0.1:5080";

    public static readonly Option<Uri> Server = new("--server")
    {
        HelpName = "URL",
        Description = $"The silo. Default: the environment's EDGEFLEET_SERVER, else {DefaultServer}.",
        Recursive = true,
        DefaultValueFactory = result =>
        {
            var text = Environment.GetEnvironmentVariable("EDGEFLEET_SERVER");
            return Arguments.Url(string.IsNullOrEmpty(text) ? DefaultServer : text, "EDGEFLEET_SERVER", result);
        },
        CustomParser = result => Arguments.Url(result.Tokens[0].Value, "--server", result),
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print the server's answer as JSON.",
        Recursive = true,
    };

    /// <summary>Gives a command its action; exceptions of the server or the way to it become one line and an exit code.</summary>
    public Command On(Command command, Func<ParseResult, Session, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var fleet = new FleetClient(parsed.GetValue(Server)!);
            var screen = new Screen(surroundings.Output, surroundings.IsTerminal);
            var session = new Session(fleet, screen, parsed.GetValue(Json), surroundings.Time);
            try
            {
                return await action(parsed, session, cancellationToken);
            }
            catch (ServerRefusedException e)
            {
                await surroundings.Error.WriteLineAsync("edgefleet: " + e.Message);
                return ExitCode.Failed;
            }
            catch (ServerUnreachableException e)
            {
                await surroundings.Error.WriteLineAsync("edgefleet: " + e.Message);
                return ExitCode.Unreachable;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await surroundings.Error.WriteLineAsync("edgefleet: " + e.Message);
                return ExitCode.Failed;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCode.Failed;
            }
        });
        return command;
    }
}

/// <summary>One run of one verb.</summary>
internal sealed record Session(FleetClient Fleet, Screen Screen, bool Json, TimeProvider Time);
