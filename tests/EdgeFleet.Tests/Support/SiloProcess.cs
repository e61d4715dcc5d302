using System.Collections.Concurrent;
using System.Diagnostics;

namespace EdgeFleet.Tests.Support;

/// <summary>The silo's executable as a process of its own; killed with the test.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _error = new();
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SiloProcess(Dictionary<string, string> environment, string[] arguments)
    {
        // A test run that was started in the background ignores SIGINT, and so would all that it starts.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Executable, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is not null)
            {
                _error.Enqueue(e.Data);
            }
        };
        _process.Exited += (_, _) => _url.TrySetException(new InvalidOperationException("The silo ended: " + string.Join('\n', _error)));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Built beside the tests, in the same configuration.</summary>
    public static string Executable { get; } = RepositoryRoot.Path(
        "silo", "EdgeFleet.Silo", "bin", AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "EdgeFleet.Silo.dll");

    public IReadOnlyList<string> Output => [.. _output];

    public IReadOnlyList<string> Error => [.. _error];

    public int Id => _process.Id;

    public static SiloProcess Start(params string[] arguments) => new([], arguments);

    public static SiloProcess StartWith(Dictionary<string, string> environment, params string[] arguments) => new(environment, arguments);

    /// <summary>The URL that it printed; fails with its errors when it ended before.</summary>
    public async Task<string> UrlAsync() => await _url.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public async Task<int> ExitCodeAsync(int seconds = 60)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        await _process.WaitForExitAsync(bound.Token);
        return _process.ExitCode;
    }

    /// <summary>As kill -9 does, the broker that it started included or not.</summary>
    public void Kill(bool withChildren = false) => _process.Kill(withChildren);

    /// <summary>As systemd does.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", _process.Id.ToString()]).WaitForExit();

    /// <summary>As Ctrl-C does.</summary>
    public void Interrupt() => Process.Start("kill", ["-INT", _process.Id.ToString()]).WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        if (line.StartsWith("silo is up: ", StringComparison.Ordinal))
        {
            _url.TrySetResult(line["silo is up: ".Length..]);
        }
    }
}
