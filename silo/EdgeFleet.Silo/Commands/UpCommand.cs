using System.CommandLine;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Commands;

/// <summary><c>silo up</c>: the silo in the foreground, until Ctrl-C or SIGTERM.</summary>
internal static class UpCommand
{
    /// <summary>The verb.</summary>
    public const string Name = "up";

    /// <summary>Command-line options, each with the setting that it overrides.</summary>
    private static readonly IReadOnlyList<(Option<string?> Option, string Setting)> Options =
    [
        (Text("--url", "URL", "Where the API and the dashboard listen. Default http://127.0.0.1:5080."), "Silo:Url"),
        (Text("--data", "DIR", "Folder of everything that the silo keeps. Default .data/silo."), "Silo:Data"),
        (Text("--max-upload-mb", "MB", "Largest model upload in MiB, all its files together. Default 2048."), "Upload:MaxMegabytes"),
        (Text("--variant-workers", "N", "Variants that are produced at once. Default 1."), "Variants:Workers"),
        (Text("--mqtt-port", "N", "TLS port of the broker that the silo starts; 0 takes a free one."), "Mqtt:Port"),
        (Text("--mqtt-host", "NAME", "Name or address by which devices reach the broker, and where it listens."), "Mqtt:Host"),
        (Text("--log-level", "LEVEL", "Trace, Debug, Information, Warning or Error. Default Information."), "Logging:LogLevel:EdgeFleet"),
    ];

    public static Command Create()
    {
        var command = new Command(Name, "Starts the silo in the foreground and prints its URL.");
        foreach (var (option, _) in Options)
        {
            command.Options.Add(option);
        }

        var set = new Option<string[]>("--set")
        {
            HelpName = "KEY=VALUE",
            Description = "Any setting by its name, such as Silo:Url=http://127.0.0.1:0; may be repeated.",
            DefaultValueFactory = _ => [],
        };
        command.Options.Add(set);
        command.SetAction((parsed, cancellationToken) =>
        {
            var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var (option, setting) in Options)
            {
                if (parsed.GetValue(option) is { } value)
                {
                    settings[setting] = value;
                }
            }

            foreach (var pair in parsed.GetValue(set) ?? [])
            {
                var at = pair.IndexOf('=', StringComparison.Ordinal);
                if (at <= 0)
                {
                    return Refuse(parsed.InvocationConfiguration.Error, pair);
                }

                settings[pair[..at]] = pair[(at + 1)..];
            }

            return RunAsync(settings, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Dictionary<string, string?> settings, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await using var silo = await SiloHost.StartAsync(settings, cancellationToken);
            foreach (var line in silo.Welcome())
            {
                await output.WriteLineAsync(line);
            }

            await output.FlushAsync(cancellationToken);
            await silo.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception e) when (StartupFailure.Explain(e) is { } line)
        {
            await error.WriteLineAsync("silo: " + line);
            return 1;
        }
    }

    private static async Task<int> Refuse(TextWriter error, string pair)
    {
        await error.WriteLineAsync($"silo: --set '{pair}' has no '=': write KEY=VALUE, such as --set Silo:Url=http://127.0.0.1:0.");
        return 1;
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
