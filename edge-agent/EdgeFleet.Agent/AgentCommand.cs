using System.CommandLine;
using System.Globalization;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Agent;

/// <summary>The command line of <c>edgefleet-agent</c>, each option also from the environment where it says so.</summary>
internal sealed class AgentCommand
{
    private readonly Option<string?> _server = new("--server")
    {
        Description = "The silo's address, such as http://127.0.0.1:8080; needed until the device is enrolled (EDGEFLEET_SERVER).",
        DefaultValueFactory = _ => Env("EDGEFLEET_SERVER"),
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "The enrolment token that the operator gave out; needed until the device is enrolled (EDGEFLEET_TOKEN).",
    };

    private readonly Option<string?> _id = new("--id")
    {
        Description = "The device's id, up to 64 letters, digits, '.', '_', '-' (EDGEFLEET_DEVICE; default: the host's name).",
        DefaultValueFactory = _ => Env("EDGEFLEET_DEVICE") ?? Environment.MachineName,
    };

    private readonly Option<string> _data = new("--data")
    {
        Description = "Folder for key, variants, state and outbox; one agent per folder (EDGEFLEET_DATA; default: ./edgefleet-agent).",
        DefaultValueFactory = _ => Env("EDGEFLEET_DATA") ?? "edgefleet-agent",
    };

    private readonly Option<string?> _source = new("--source")
    {
        Description = "Folder with IDX images, gzipped or not, and their labels if there are any (EDGEFLEET_SOURCE; default: none).",
        DefaultValueFactory = _ => Env("EDGEFLEET_SOURCE"),
    };

    private readonly Option<string[]> _tags = new("--tag")
    {
        Description = "A label k=v by which rollouts select; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _declare = new("--declare")
    {
        Description = "A capability in place of the one found: arch=x64, isa=avx2,avx512vnni, cores=2, memory=64MiB, precisions=fp32; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<double> _rate = new("--rate")
    {
        Description = "Samples per second taken from the source, up to 10000.",
        DefaultValueFactory = _ => 20,
    };

    private readonly Option<double> _telemetry = new("--telemetry-seconds")
    {
        Description = "Seconds per telemetry batch, 0.1 to 3600; kill -9 loses at most the counts of one.",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<int?> _localPort = new("--local-port")
    {
        Description = "Serve /healthz, /v1/status and /v1/infer on this loopback port (default: off).",
    };

    private readonly Option<string?> _broker = new("--broker")
    {
        Description = "host:port of a broker without TLS, in place of enrolment: for tests and closed networks.",
    };

    private readonly Option<bool> _json = new("--json-logs") { Description = "Log lines as JSON." };

    private readonly Option<bool> _verbose = new("--verbose") { Description = "Log more." };

    /// <summary>The command; <paramref name="run"/> gets the options and returns the exit code.</summary>
    public RootCommand Build(Func<AgentInvocation, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand(
            """
            Keeps one device on the model variant that its fleet wants: enrols, downloads, proves, serves and reports.
            Exit codes: 0 stopped in order, 1 failed unexpectedly, 2 wrong usage, 3 not let in by the server, 4 data or source folder unusable, 5 a native library is missing.
            """);
        foreach (Option option in (Option[])[_server, _token, _id, _data, _source, _tags, _declare, _rate, _telemetry, _localPort, _broker, _json, _verbose])
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) => run(Read(parsed), cancellationToken));
        return command;
    }

    private static string? Env(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private AgentInvocation Read(ParseResult parsed)
    {
        var rate = parsed.GetValue(_rate);
        Require(rate is > 0 and <= 10_000, $"--rate {rate} is not in (0, 10000].");
        var seconds = parsed.GetValue(_telemetry);
        Require(seconds is >= 0.1 and <= 3600, $"--telemetry-seconds {seconds} is not in [0.1, 3600].");
        var port = parsed.GetValue(_localPort);
        Require(port is null or (>= 0 and <= 65_535), $"--local-port {port} is not a port: 1 to 65535.");
        var server = parsed.GetValue(_server);
        Uri? address = null;
        Require(
            server is null || (Uri.TryCreate(server, UriKind.Absolute, out address) && address.Scheme is "http" or "https"),
            $"--server {server} is not an address such as http://127.0.0.1:8080.");
        var options = new AgentOptions
        {
            Device = DeviceId.Parse(parsed.GetValue(_id)),
            DataFolder = parsed.GetRequiredValue(_data),
            Server = address,

            // Not as the option's default: --help would show it.
            Token = parsed.GetValue(_token) ?? Env("EDGEFLEET_TOKEN"),
            PlainBroker = ReadBroker(parsed.GetValue(_broker)),
            Tags = ReadTags(parsed.GetValue(_tags) ?? []),
            Declared = CapabilityDeclaration.Parse(parsed.GetValue(_declare) ?? []),
            RatePerSecond = rate,
            TelemetryPeriod = TimeSpan.FromSeconds(seconds),
            LocalPort = port,
        };
        return new AgentInvocation(options, parsed.GetValue(_source), parsed.GetValue(_json), parsed.GetValue(_verbose));
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException(message);
        }
    }

    private static PlainBroker? ReadBroker(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var at = text.LastIndexOf(':');
        return at > 0 && ushort.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new PlainBroker(text[..at], port)
            : throw new FormatException($"--broker {text} is not host:port.");
    }

    private static Dictionary<string, string> ReadTags(IEnumerable<string> pairs)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            Require(at > 0 && Identifier.IsValid(pair[..at]), $"--tag {pair} is not k=v, with k of letters, digits, '.', '_', '-'.");
            tags[pair[..at]] = pair[(at + 1)..];
        }

        return tags;
    }
}

/// <summary>What the command line asks for.</summary>
/// <param name="Source">Folder with the device's inputs.</param>
internal sealed record AgentInvocation(AgentOptions Options, string? Source, bool JsonLogs, bool Verbose);
