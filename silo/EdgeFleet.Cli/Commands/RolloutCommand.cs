using System.CommandLine;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>rollout</c>: brings a model to devices in waves, and steers it while it moves.</summary>
internal static class RolloutCommand
{
    private static readonly Column[] Columns =
        [new("ROLLOUT"), new("MODEL"), new("STATUS"), new("WAVE"), new("DONE", Right: true), new("FAILED", Right: true), new("STARTED", Right: true),
         new("SAYS", Wraps: true)];

    public static Command Create(Verbs verbs) => new("rollout", "Brings a model to devices in waves.")
    {
        CreateStart(verbs),
        CreateList(verbs),
        CreateShow(verbs),
        CreateWatch(verbs),
        CreateAction(verbs, "pause", "Hands out nothing new until it is resumed."),
        CreateAction(verbs, "resume", "Goes on after a pause."),
        CreateAction(verbs, "cancel", "Ends it; devices keep what they have."),
        CreateAction(verbs, "rollback", "Puts its devices back on what they ran before."),
    };

    private static Command CreateStart(Verbs verbs)
    {
        var model = Arguments.Model();
        var id = new Option<RolloutId?>("--id")
        {
            HelpName = "ID",
            Description = "A name for it. Default: the silo chooses.",
            CustomParser = result =>
            {
                if (Identifier.IsValid(result.Tokens[0].Value))
                {
                    return new RolloutId(result.Tokens[0].Value);
                }

                result.AddError($"--id '{result.Tokens[0].Value}' must be 1 to {Identifier.MaxLength} letters, digits, '.', '_' or '-'.");
                return null;
            },
        };
        var spec = new RolloutSpec(default);
        var canary = new Option<int>("--canary") { HelpName = "N", Description = "Devices in the first wave.", DefaultValueFactory = _ => spec.CanaryDevices };
        canary.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--canary must be at least 1.");
            }
        });
        var success = Arguments.Share("--success", spec.SuccessThreshold, "Share of a wave's completed devices that must be proved.");
        var errors = Arguments.Share("--errors", spec.ErrorThreshold, "Share of a wave's completed devices that may fail.");
        var onError = new Option<string>("--on-error") { HelpName = "rollback|pause", Description = "What happens above it.", DefaultValueFactory = _ => "rollback" };
        onError.AcceptOnlyFromAmong("rollback", "pause");
        var agreement = Arguments.Share("--agreement", spec.AgreementFloor, "Share of a device's recent inputs on which new and serving variant must agree.");
        var soak = Arguments.Duration("--soak", spec.Soak, "How long each device must serve it without error. Default 2s.");
        var devices = Arguments.Many("--device", "ID", "Only this device; may be repeated.", DeviceId.Parse);
        var tags = Arguments.Many("--tag", "KEY=VALUE", "Only devices with this tag; may be repeated, and all must match.", Arguments.Tag);
        var profiles = Arguments.Many("--profile", "PROFILE", "Allows this form; may be repeated. Default: all.", CompressionProfile.Parse);
        var most = new Option<long?>("--max-bytes") { HelpName = "N", Description = "Largest variant that a device is sent; smaller forms are chosen where one exceeds it. Default: any." };
        most.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() < 1)
            {
                result.AddError("--max-bytes must be at least 1.");
            }
        });
        var watch = new Option<bool>("--watch") { Description = "Stays and shows it until it ends." };
        var command = new Command("start", "Starts a rollout.")
        {
            model, id, canary, success, errors, onError, agreement, soak, devices, tags, profiles, most, watch,
        };
        return verbs.On(command, async (parsed, session, cancellationToken) =>
        {
            var asked = new RolloutSpec(parsed.GetValue(model))
            {
                CanaryDevices = parsed.GetValue(canary),
                SuccessThreshold = parsed.GetValue(success),
                ErrorThreshold = parsed.GetValue(errors),
                OnError = parsed.GetValue(onError) == "pause" ? ErrorAction.Pause : ErrorAction.RollBack,
                AgreementFloor = parsed.GetValue(agreement),
                Soak = parsed.GetValue(soak),
                Devices = parsed.GetValue(devices) ?? [],
                Tags = (parsed.GetValue(tags) ?? []).GroupBy(t => t.Key).ToDictionary(g => g.Key, g => g.Last().Value),
                Profiles = parsed.GetValue(profiles) ?? [],
                MostBytes = parsed.GetValue(most),
            };
            var rollout = await session.Fleet.StartRolloutAsync(asked, parsed.GetValue(id), cancellationToken);
            if (parsed.GetValue(watch))
            {
                return await new RolloutWatch(session).RunAsync(rollout, cancellationToken);
            }

            if (session.Json)
            {
                session.Screen.Json(new Contracts.Api.RolloutAccepted(rollout), WireJson.Default.RolloutAccepted);
            }
            else
            {
                session.Screen.Line($"{rollout} is started. Watch it with: ./fleet rollout watch {rollout}");
            }

            return ExitCode.Ok;
        });
    }

    private static Command CreateList(Verbs verbs) => verbs.On(new Command("list", "Shows every rollout."), async (_, session, cancellationToken) =>
    {
        var list = await session.Fleet.RolloutsAsync(cancellationToken);
        if (session.Json)
        {
            session.Screen.Json(list, WireJson.Default.RolloutList);
        }
        else if (list.Rollouts.Count == 0)
        {
            session.Screen.Line("No rollout yet. Start one with: ./fleet rollout start MODEL --watch");
        }
        else
        {
            session.Screen.Table(Columns, [.. list.Rollouts.Select(r => Row(r, session.Time.GetUtcNow()))]);
        }

        return ExitCode.Ok;
    });

    private static Command CreateShow(Verbs verbs)
    {
        var id = Arguments.Rollout();
        return verbs.On(new Command("show", "Shows one rollout with its devices and its story.") { id }, async (parsed, session, cancellationToken) =>
        {
            var rollout = await session.Fleet.RolloutAsync(parsed.GetValue(id), cancellationToken);
            if (session.Json)
            {
                session.Screen.Json(rollout, WireJson.Default.RolloutInfo);
            }
            else
            {
                RolloutFacts.Write(session.Screen, rollout);
            }

            return ExitCode.Ok;
        });
    }

    private static Command CreateWatch(Verbs verbs)
    {
        var id = Arguments.Rollout();
        var command = new Command("watch", "Shows a rollout as it moves, until it ends; exit code 4 when it ended badly.") { id };
        return verbs.On(command, (parsed, session, cancellationToken) => new RolloutWatch(session).RunAsync(parsed.GetValue(id), cancellationToken));
    }

    private static Command CreateAction(Verbs verbs, string name, string description)
    {
        var id = Arguments.Rollout();
        return verbs.On(new Command(name, description) { id }, async (parsed, session, cancellationToken) =>
        {
            var rollout = parsed.GetValue(id);
            await session.Fleet.ActOnRolloutAsync(rollout, name, cancellationToken);
            var after = await session.Fleet.RolloutAsync(rollout, cancellationToken);
            if (session.Json)
            {
                session.Screen.Json(after, WireJson.Default.RolloutInfo);
            }
            else
            {
                session.Screen.Line($"{rollout}: {after.Status}");
            }

            return ExitCode.Ok;
        });
    }

    private static string[] Row(RolloutInfo rollout, DateTimeOffset now) =>
    [
        rollout.Rollout.Value,
        rollout.Spec.Model.Value,
        rollout.Status.ToString(),
        rollout.Waves.Count == 0 ? "-" : $"{Math.Min(rollout.OpenWave + 1, rollout.Waves.Count)} of {rollout.Waves.Count}",
        $"{rollout.Waves.Sum(w => w.Succeeded)}/{rollout.Waves.Sum(w => w.Devices)}",
        Format.Count(rollout.Waves.Sum(w => w.Failed)),
        Format.Age(rollout.CreatedAt, now),
        rollout.Message ?? "-",
    ];
}
