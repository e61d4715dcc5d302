using EdgeFleet.Agent;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Install;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Tests.Agent;

/// <summary>A whole agent in this process, on a folder, started and stopped as a test likes.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private AgentUnderTest(AgentHost host)
    {
        Host = host;
        _running = Task.Run(() => host.RunAsync(_stop.Token));
    }

    public AgentHost Host { get; }

    /// <summary>Ends when the agent does.</summary>
    public Task Running => _running;

    public static AgentUnderTest Start(
        string folder,
        IMqttLinkFactory links,
        ScriptedLoader loader,
        IInputSource? source,
        Func<AgentOptions, AgentOptions>? adjust = null,
        ILoggerFactory? loggers = null,
        HttpClient? http = null)
    {
        var options = new AgentOptions
        {
            Device = Some.Device,
            DataFolder = folder,
            PlainBroker = new PlainBroker("127.0.0.1", 1883),
            RatePerSecond = 500,
            TelemetryPeriod = TimeSpan.FromMilliseconds(100),
            Install = new InstallOptions
            {
                Stall = TimeSpan.FromMilliseconds(100),
                StallMax = TimeSpan.FromMilliseconds(400),
                Quiet = TimeSpan.FromMilliseconds(30),

                // Real time on a machine that may be busy: long, but where running out of it is what a test is about.
                RecentInputsWait = source is null ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromMinutes(1),
                FirstAnswerWait = TimeSpan.FromMinutes(1),
                NoProgressLimit = TimeSpan.FromMinutes(1),
                RetryDelay = TimeSpan.FromMilliseconds(50),
            },
        };
        var parts = new AgentParts
        {
            Links = links,
            Loader = loader,
            Prover = new PlainProver(),
            Probe = new FixedProbe(),
            Source = source,
            Http = http,
            Loggers = loggers ?? Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            Random = new Random(1),
        };
        return new AgentUnderTest(new AgentHost(adjust?.Invoke(options) ?? options, parts));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Host.Dispose();
        _stop.Dispose();
    }
}
