using System.CommandLine;
using System.Net.Sockets;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Agent.State;
using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.OnnxRuntime;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent;

/// <summary>Entry point of <c>edgefleet-agent</c>.</summary>
internal static class Program
{
    private static readonly TimeSpan TerminationLimit = TimeSpan.FromSeconds(5);

    public static async Task<int> Main(string[] args)
    {
        var parsed = new AgentCommand().Build(RunAsync).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Fail(ExitCode.Usage, string.Join(' ', parsed.Errors.Select(e => e.Message)) + " See --help.");
        }

        var invocation = new InvocationConfiguration { ProcessTerminationTimeout = TerminationLimit, EnableDefaultExceptionHandler = false };
        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (FormatException e)
        {
            return Fail(ExitCode.Usage, e.Message);
        }
        catch (EnrolmentException e)
        {
            return Fail(ExitCode.NotLetIn, e.Message);
        }
        catch (Exception e) when (e is DataFolderException or InvalidDataException)
        {
            return Fail(ExitCode.Folder, e.Message);
        }
        catch (Exception e) when (MissingLibrary(e) is { } message)
        {
            return Fail(ExitCode.Library, message);
        }
        catch (Exception e)
        {
            return Fail(ExitCode.Unexpected, e.ToString());
        }
    }

    private static async Task<int> RunAsync(AgentInvocation invocation, CancellationToken cancellationToken)
    {
        using var loggers = LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(invocation.Verbose ? LogLevel.Debug : LogLevel.Information);
            if (invocation.JsonLogs)
            {
                builder.AddJsonConsole(o => o.UseUtcTimestamp = true);
            }
            else
            {
                builder.AddSimpleConsole(o =>
                {
                    o.SingleLine = true;
                    o.TimestampFormat = "HH:mm:ss.fff ";
                    o.UseUtcTimestamp = true;
                });
            }
        });
        var parts = new AgentParts
        {
            Links = new LibmosquittoLinkFactory(),
            Loader = new OrtVariantLoader(),
            Prover = new Prover(TimeProvider.System),
            Probe = CheckedProbe(),
            Source = OpenSource(invocation.Source),
            Loggers = loggers,
            Random = Random.Shared,
        };
        using var host = new AgentHost(invocation.Options, parts);
        try
        {
            await host.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped while it waited to be let in.
        }
        catch (IOException e) when (e.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new FormatException($"Port {invocation.Options.LocalPort} is taken: give another --local-port.", e);
        }

        return ExitCode.Stopped;
    }

    /// <summary>Looks for ONNX Runtime now, not at the first variant.</summary>
    private static CapabilityProbe CheckedProbe()
    {
        _ = OrtRuntime.Version;
        return new CapabilityProbe();
    }

    private static IdxImageSource? OpenSource(string? folder)
    {
        if (folder is null)
        {
            return null;
        }

        try
        {
            return IdxImageSource.Open(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"Source folder {folder} can't be read ({e.Message}): give another with --source.", e);
        }
    }

    private static string? MissingLibrary(Exception e) => e switch
    {
        OrtLibraryNotFoundException or DllNotFoundException => e.Message,
        MqttLinkException { ReasonCode: < 0 } => e.Message,
        TypeInitializationException { InnerException: { } inner } => MissingLibrary(inner),
        _ => null,
    };

    private static int Fail(int code, string message)
    {
        Console.Error.WriteLine($"edgefleet-agent: {message}");
        return code;
    }
}

/// <summary>What the process says when it ends; listed in <c>--help</c>.</summary>
internal static class ExitCode
{
    public const int Stopped = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;
    public const int NotLetIn = 3;
    public const int Folder = 4;
    public const int Library = 5;
}
