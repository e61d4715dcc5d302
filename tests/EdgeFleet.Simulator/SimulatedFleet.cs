using System.Globalization;
using EdgeFleet.Agent;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt.Libmosquitto;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Simulator;

/// <summary>Many agents in this process. Every fifth declares no VNNI and little memory, every tenth runs fp32 only.</summary>
internal sealed class SimulatedFleet : IAsyncDisposable
{
    private const int StartsAtOnce = 16;

    private static readonly TimeSpan Line = TimeSpan.FromSeconds(2);

    private readonly List<AgentHost> _agents = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly ILoggerFactory _loggers = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Error).AddSimpleConsole(o => o.SingleLine = true));
    private readonly string _folder;
    private readonly bool _temporary;
    private readonly Uri _server;
    private readonly string _token;
    private readonly int _count;
    private readonly string _prefix;
    private readonly double _rate;
    private readonly string? _source;

    public SimulatedFleet(Uri server, string token, int count, string prefix, double rate, string? source, string? data)
    {
        (_server, _token, _count, _prefix, _rate, _source) = (server, token, count, prefix, rate, source);
        _temporary = data is null;
        _folder = data ?? Directory.CreateTempSubdirectory("edgefleet-simulator-").FullName;
    }

    /// <summary>Runs until cancelled and prints where the fleet stands. 0 unless an agent ended by itself.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var links = new LibmosquittoLinkFactory();
        var loader = new OrtVariantLoader();
        var prover = new Prover(TimeProvider.System);
        var probe = new CapabilityProbe();
        using var starting = new SemaphoreSlim(StartsAtOnce);
        var running = new List<Task>();
        for (var i = 1; i <= _count; i++)
        {
            var host = new AgentHost(OptionsOf(i), new AgentParts
            {
                Links = links,
                Loader = loader,
                Prover = prover,
                Probe = probe,
                Source = _source is null ? new NoiseSource(i) : IdxImageSource.Open(_source),
                Http = _http,
                Loggers = _loggers,
                Random = new Random(i),
            });
            _agents.Add(host);
            running.Add(RunOneAsync(host, starting, cancellationToken));
        }

        using var timer = new PeriodicTimer(Line, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Print();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Print();
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var failed = running.FirstOrDefault(t => t.IsFaulted);
        if (failed is not null)
        {
            await Console.Error.WriteLineAsync($"{running.Count(t => t.IsFaulted)} agents ended by themselves: {failed.Exception!.InnerException!.Message}");
        }

        return failed is null ? 0 : 1;
    }

    public ValueTask DisposeAsync()
    {
        _agents.ForEach(a => a.Dispose());
        _http.Dispose();
        _loggers.Dispose();
        if (_temporary)
        {
            Directory.Delete(_folder, recursive: true);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Agents start a few at a time, as devices do that come back after an outage with jitter.</summary>
    private static async Task RunOneAsync(AgentHost host, SemaphoreSlim starting, CancellationToken cancellationToken)
    {
        await starting.WaitAsync(cancellationToken);
        var run = host.RunAsync(cancellationToken);
        while (!run.IsCompleted && !host.Status().Connected && !cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None));
        }

        starting.Release();
        await run;
    }

    private AgentOptions OptionsOf(int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{_prefix}-{index:0000}");
        string[] declared = index % 10 == 0 ? ["precisions=fp32"] : index % 5 == 0 ? ["isa=avx2", "memory=64MiB"] : [];
        return new AgentOptions
        {
            Device = DeviceId.Parse(name),
            DataFolder = Path.Combine(_folder, name),
            Server = _server,
            Token = _token,
            RatePerSecond = _rate,
            Declared = CapabilityDeclaration.Parse(declared),
            Tags = new Dictionary<string, string> { ["simulated"] = "yes" },
        };
    }

    private void Print()
    {
        var all = _agents.Select(a => a.Status()).ToList();
        var phases = string.Join(", ", all.GroupBy(s => s.Reported.Phase).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Count(s => s.Connected)} of {all.Count} connected; {phases}; {all.Sum(s => s.Inferences)} answers; {all.Sum(s => s.TelemetryPending)} batches wait; {Environment.WorkingSet / all.Count / 1024} KiB per agent"));
        foreach (var failure in all.Where(s => s.Reported.Phase == InstallPhase.Failed).Take(3))
        {
            Console.WriteLine($"  {failure.Reported.Device}: {failure.Reported.Failure}, {failure.Reported.Message}");
        }
    }

    /// <summary>Random images of 28 x 28 bytes.</summary>
    private sealed class NoiseSource(int seed) : IInputSource
    {
        private readonly Random _random = new(seed);

        public Sample Next()
        {
            var image = new byte[28 * 28];
            _random.NextBytes(image);
            return new Sample(image, null);
        }
    }
}
