using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using EdgeFleet.Cli.Http;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Cli.Demo;

/// <summary>The processes of the demonstration and where they write. Disposed, all of them are gone, and so is a temporary folder.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    private readonly DemoOptions _options;
    private readonly Surroundings _surroundings;
    private readonly List<Child> _children = [];
    private readonly Dictionary<DeviceId, Uri> _local = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private FleetClient? _fleet;

    public Stage(DemoOptions options, Surroundings surroundings)
    {
        _options = options;
        _surroundings = surroundings;
        Folder = options.Data is null ? Directory.CreateTempSubdirectory("edgefleet-demo-").FullName : Directory.CreateDirectory(options.Data).FullName;
    }

    public string Folder { get; }

    public Uri Server => Fleet.Server;

    public FleetClient Fleet => _fleet ?? throw new InvalidOperationException("The silo is not up yet.");

    public string Asset(string name) => Path.Combine(_options.Assets, name);

    /// <summary>Starts the silo and waits until all of its parts work.</summary>
    public async Task StartSiloAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartTime);
        var silo = Add(Child.Start(
            "silo",
            _options.SiloDll,
            ["up", "--url", _options.Url, "--data", Path.Combine(Folder, "silo"), "--mqtt-port", "0", "--set", "Mqtt:AllowStop=true"],
            Folder));
        try
        {
            var url = await silo.FindLineAsync(
                line => line.Contains("http://", StringComparison.Ordinal) ? line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim() : null,
                "its URL",
                limit.Token);
            _fleet = new FleetClient(new Uri(url));
            while (!(await Fleet.ReadyAsync(limit.Token)).Ready)
            {
                CheckChildren();
                await Task.Delay(TimeSpan.FromMilliseconds(50), _surroundings.Time, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DemoFailedException($"the silo was not ready within {StartTime.TotalSeconds:0} s.");
        }
    }

    /// <summary>The token by which devices may enrol; the silo keeps it in its data folder.</summary>
    public async Task<string> EnrolmentTokenAsync(CancellationToken cancellationToken) =>
        (await File.ReadAllTextAsync(Path.Combine(Folder, "silo", "identity", "enrolment-token"), cancellationToken)).Trim();

    /// <summary>Starts an agent, which enrols by itself.</summary>
    public void StartAgent(DemoDevice device, string token, string source)
    {
        var port = FreePort();
        _local[device.Id] = new Uri($"http://127.0.0.1:{port}/v1/status");
        List<string> arguments =
        [
            "--server", Server.AbsoluteUri, "--token", token, "--id", device.Id.Value, "--data", Path.Combine(Folder, device.Id.Value), "--source", source,
            "--rate", _options.Rate.ToString(System.Globalization.CultureInfo.InvariantCulture), "--telemetry-seconds", "1",
            "--local-port", port.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ];
        foreach (var declared in device.Declared)
        {
            arguments.AddRange(["--declare", declared]);
        }

        Add(Child.Start(device.Id.Value, _options.AgentDll, arguments, Folder));
    }

    /// <summary>Runs one of the silo executable's tools to its end and returns its standard output.</summary>
    public async Task<string> RunToolAsync(string name, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await using var tool = Child.Start(name, _options.SiloDll, arguments, Folder);
        return await tool.OutputAsync(cancellationToken);
    }

    /// <summary>What an agent says of itself, asked on its own device.</summary>
    public async Task<AgentStatus> AskAgentAsync(DeviceId device, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetFromJsonAsync(_local[device], DemoJson.Default.AgentStatus, cancellationToken)
                ?? throw new DemoFailedException($"{device} answered nothing at {_local[device]}.");
        }
        catch (HttpRequestException e)
        {
            CheckChildren();
            throw new DemoFailedException($"{device} does not answer at {_local[device]}: {e.Message}");
        }
    }

    /// <exception cref="DemoFailedException">A process ended by itself.</exception>
    public void CheckChildren()
    {
        if (_children.Find(c => c.HasExited) is { } gone)
        {
            throw new DemoFailedException($"{gone.Name} ended by itself with exit code {gone.ExitCode}: {gone.LastWords}");
        }
    }

    /// <summary>The last words of every process.</summary>
    public IEnumerable<string> Tails() =>
        _children.SelectMany(c => new[] { $"--- {c.Name}{(c.HasExited ? $" (ended with exit code {c.ExitCode})" : "")}, its last lines:" }.Concat(c.Tail));

    public async ValueTask DisposeAsync()
    {
        // Agents first: they say goodbye to a broker that still runs.
        await Task.WhenAll(_children.Skip(1).Select(c => c.DisposeAsync().AsTask()));
        foreach (var child in _children.Take(1))
        {
            await child.DisposeAsync();
        }

        _fleet?.Dispose();
        _http.Dispose();
        if (_options.Data is null)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private Child Add(Child child)
    {
        _children.Add(child);
        return child;
    }
}
