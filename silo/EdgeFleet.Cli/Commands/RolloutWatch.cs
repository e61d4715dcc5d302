using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Rollouts;
using Spectre.Console;

namespace EdgeFleet.Cli.Commands;

/// <summary>Shows a rollout until it ends or pauses: live on a terminal, its story line by line otherwise, its end alone as JSON.</summary>
internal sealed class RolloutWatch(Session session)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(300);

    /// <returns><see cref="ExitCode.Ok"/> when it succeeded, <see cref="ExitCode.RolloutEndedBadly"/> otherwise.</returns>
    public async Task<int> RunAsync(RolloutId rollout, CancellationToken cancellationToken)
    {
        var end = session.Screen.IsTerminal && !session.Json
            ? await session.Screen.LiveAsync(new Text($"{rollout}…"), show => FollowAsync(rollout, r => show(RolloutFacts.Draw(r)), cancellationToken))
            : await FollowAsync(rollout, session.Json ? _ => { } : PlainLines(), cancellationToken);
        if (session.Json)
        {
            session.Screen.Json(end, WireJson.Default.RolloutInfo);
        }
        else if (!session.Screen.IsTerminal)
        {
            session.Screen.Line(RolloutFacts.Headline(end));
        }

        return end.Status == RolloutStatus.Succeeded ? ExitCode.Ok : ExitCode.RolloutEndedBadly;
    }

    /// <summary>True when nothing moves any more without an operator.</summary>
    public static bool HasEnded(RolloutStatus status) =>
        status is RolloutStatus.Succeeded or RolloutStatus.RolledBack or RolloutStatus.Failed or RolloutStatus.Cancelled or RolloutStatus.Paused;

    private async Task<RolloutInfo> FollowAsync(RolloutId rollout, Action<RolloutInfo> show, CancellationToken cancellationToken)
    {
        while (true)
        {
            var info = await session.Fleet.RolloutAsync(rollout, cancellationToken);
            show(info);
            if (HasEnded(info.Status))
            {
                return info;
            }

            await Task.Delay(Period, session.Time, cancellationToken);
        }
    }

    private Action<RolloutInfo> PlainLines()
    {
        RolloutEvent? last = null;
        return rollout =>
        {
            // The silo may have dropped the oldest lines of a long story, so what was seen is found by value, not by number.
            var seen = last is null ? -1 : rollout.Events.ToList().LastIndexOf(last);
            foreach (var line in rollout.Events.Skip(seen + 1))
            {
                session.Screen.Line(RolloutFacts.Story(line));
                last = line;
            }
        };
    }
}
