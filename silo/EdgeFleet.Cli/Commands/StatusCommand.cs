using System.CommandLine;
using EdgeFleet.Cli.Http;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>status</c>: the silo and its fleet in a few lines; exit code 1 while the silo is not ready.</summary>
internal static class StatusCommand
{
    public static Command Create(Verbs verbs) => verbs.On(new Command("status", "Shows whether the silo is ready, and headline counts."), RunAsync);

    private static async Task<int> RunAsync(ParseResult parsed, Session session, CancellationToken cancellationToken)
    {
        var (ready, words) = await session.Fleet.ReadyAsync(cancellationToken);
        var devices = (await session.Fleet.DevicesAsync(cancellationToken)).Devices;
        var models = (await session.Fleet.ModelsAsync(cancellationToken)).Models;
        var rollouts = (await session.Fleet.RolloutsAsync(cancellationToken)).Rollouts;
        var status = new FleetStatus(
            session.Fleet.Server.AbsoluteUri,
            ready,
            devices.Count,
            devices.Count(d => d.Online),
            devices.Count(d => d.Reported?.Active is not null),
            models.Count,
            rollouts.Count,
            rollouts.Count(r => r.Status is RolloutStatus.Preparing or RolloutStatus.Running or RolloutStatus.Paused or RolloutStatus.RollingBack),
            devices.Sum(d => d.Totals.Sum(t => t.Inferences)),
            devices.Sum(d => d.Totals.Sum(t => t.Errors)));
        if (session.Json)
        {
            session.Screen.Json(status, CliJson.Default.FleetStatus);
        }
        else
        {
            session.Screen.Facts(
            [
                ("silo", status.Server),
                ("ready", ready ? "yes" : $"no: {ProblemReader.OneLine(words)}"),
                ("devices", $"{status.Devices}, {status.DevicesOnline} online, {status.DevicesServing} serving"),
                ("models", Format.Count(status.Models)),
                ("rollouts", $"{status.Rollouts}, {status.RolloutsOpen} open"),
                ("inferences", $"{Format.Count(status.Inferences)}, {Format.Count(status.Errors)} errors"),
            ]);
        }

        return ready ? ExitCode.Ok : ExitCode.Failed;
    }
}

/// <summary>The fleet in numbers.</summary>
internal sealed record FleetStatus(
    string Server,
    bool Ready,
    int Devices,
    int DevicesOnline,
    int DevicesServing,
    int Models,
    int Rollouts,
    int RolloutsOpen,
    long Inferences,
    long Errors);
