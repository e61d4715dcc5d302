using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using EdgeFleet.Agent.LocalApi;
using EdgeFleet.Agent.State;

namespace EdgeFleet.Tests.Agent;

/// <summary>The agent's executable as a process of its own.</summary>
internal sealed class AgentProcess : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly int _localPort;

    private AgentProcess(Process process, int localPort)
    {
        _process = process;
        _localPort = localPort;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>All that it wrote, lines in order.</summary>
    public string Output => string.Join('\n', _output);

    public bool HasExited => _process.HasExited;

    public static AgentProcess Start(int localPort, params string[] arguments) => StartWith([], localPort, arguments);

    public static AgentProcess StartWith(Dictionary<string, string> environment, int localPort, params string[] arguments)
    {
        var dll = Path.Combine(AppContext.BaseDirectory, "edgefleet-agent.dll");
        string[] local = localPort > 0 ? ["--local-port", $"{localPort}"] : [];
        var start = new ProcessStartInfo("dotnet", [dll, .. local, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new AgentProcess(Process.Start(start)!, localPort);
    }

    /// <summary>What it says on its local API; null while it does not answer.</summary>
    public async Task<LocalStatus?> StatusAsync()
    {
        try
        {
            var json = await Http.GetByteArrayAsync(new Uri($"http://127.0.0.1:{_localPort}/v1/status"));
            return JsonSerializer.Deserialize(json, AgentJson.Default.LocalStatus);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM; returns the exit code and how long it took.</summary>
    public async Task<(int Code, TimeSpan Took)> TerminateAsync()
    {
        var watch = Stopwatch.StartNew();
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        return (await ExitCodeAsync(), watch.Elapsed);
    }

    public async Task<int> ExitCodeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null && _output.Count < 10_000)
        {
            _output.Enqueue(line);
        }
    }
}
