using System.CommandLine;
using System.Runtime.InteropServices;
using EdgeFleet.Cli.Commands;

namespace EdgeFleet.Cli.Demo;

/// <summary><c>demo</c>: the whole mission on real input, with a silo and three agents as processes of their own.</summary>
internal static class DemoCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var silo = Existing("--silo-dll", "FILE", "EdgeFleet.Silo.dll.", File.Exists);
        var agent = Existing("--agent-dll", "FILE", "edgefleet-agent.dll.", File.Exists);
        var assets = Existing("--assets", "DIR", "Folder with the demo's model and images: deploy/demo.", Directory.Exists);
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Where everything is written, and stays. Default: a temporary folder." };
        var json = new Option<string?>("--json") { HelpName = "FILE", Description = "Writes the result there as JSON." };
        var keep = new Option<bool>("--keep") { Description = "Stays up afterwards, with the dashboard, until Ctrl-C." };
        var images = Positive("--images", new DemoOptions { SiloDll = "", AgentDll = "", Assets = "" }.Images, "Labelled images that each device classifies at least.");
        var rate = Positive("--rate", new DemoOptions { SiloDll = "", AgentDll = "", Assets = "" }.Rate, "Images per second and device, at most.");
        var outage = Arguments.Duration("--outage", TimeSpan.FromSeconds(10), "How long the broker is away.");
        var command = new Command("demo", "The whole mission on real input: a silo, three agents, a canary, a broker outage, a bad version.")
        {
            silo, agent, assets, data, json, keep, images, rate, outage,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new DemoOptions
            {
                SiloDll = Path.GetFullPath(parsed.GetRequiredValue(silo)),
                AgentDll = Path.GetFullPath(parsed.GetRequiredValue(agent)),
                Assets = Path.GetFullPath(parsed.GetRequiredValue(assets)),
                Data = parsed.GetValue(data) is { } folder ? Path.GetFullPath(folder) : null,
                Json = parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null,
                Keep = parsed.GetValue(keep),
                Images = parsed.GetValue(images),
                Rate = parsed.GetValue(rate),
                Outage = parsed.GetValue(outage),
            },
            surroundings,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(DemoOptions options, Surroundings surroundings, CancellationToken asked)
    {
        // A terminal that is closed ends the demo as Ctrl-C does: nothing that it started may stay.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(asked);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            ended.Cancel();
        });
        var cancellationToken = ended.Token;
        await using var stage = new Stage(options, surroundings);
        var screen = new DemoScreen(surroundings);
        var code = ExitCode.Failed;
        try
        {
            var report = await new DemoStory(options, stage, screen, surroundings.Time).RunAsync(cancellationToken);
            ReportTable.Write(screen.Screen, report);
            if (options.Json is { } file)
            {
                await report.WriteAsync(file, cancellationToken);
            }

            code = report.Ok ? ExitCode.Ok : ExitCode.Failed;
            if (options.Keep)
            {
                screen.Say($"It all goes on: the dashboard is at {stage.Server}. Ctrl-C ends it.");
                await Task.Delay(Timeout.InfiniteTimeSpan, surroundings.Time, cancellationToken);
            }

            return code;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return code;
        }
        catch (Exception e)
        {
            await surroundings.Error.WriteLineAsync($"edgefleet: the demo failed at '{screen.Step}': {e.Message}");
            foreach (var line in stage.Tails())
            {
                await surroundings.Error.WriteLineAsync(line);
            }

            return ExitCode.Failed;
        }
    }

    private static Option<string> Existing(string name, string value, string description, Func<string, bool> exists)
    {
        var option = new Option<string>(name) { HelpName = value, Description = description, Required = true };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !exists(result.Tokens[0].Value))
            {
                result.AddError($"{name}: there is no '{result.Tokens[0].Value}'. Build first: ./fleet build.");
            }
        });
        return option;
    }

    private static Option<int> Positive(string name, int @default, string description)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => @default };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name} must be at least 1.");
            }
        });
        return option;
    }
}
