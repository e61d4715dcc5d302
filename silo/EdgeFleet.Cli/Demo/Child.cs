using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace EdgeFleet.Cli.Demo;

/// <summary>A process of the demonstration: its output goes to a log file, its last lines are kept, and it never outlives this one's end.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    private const int TailLines = 15;
    private const int Sigterm = 15;

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Queue<string> _tail = new();
    private readonly Channel<string> _output = Channel.CreateBounded<string>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Task _reading;

    private Child(string name, Process process, string logFile)
    {
        Name = name;
        _process = process;
        _log = new StreamWriter(logFile) { AutoFlush = true };
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput, isOutput: true), ReadAsync(process.StandardError, isOutput: false))
            .ContinueWith(_ => _output.Writer.TryComplete(), TaskScheduler.Default);
    }

    public string Name { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Of a process that has exited.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The last lines of both outputs.</summary>
    public IReadOnlyList<string> Tail
    {
        get
        {
            lock (_tail)
            {
                return [.. _tail];
            }
        }
    }

    /// <summary>The last line, for an error message.</summary>
    public string LastWords => Tail is [.., var last] ? last : "it said nothing";

    /// <summary>Starts a .NET assembly.</summary>
    public static Child Start(string name, string dll, IEnumerable<string> arguments, string logFolder)
    {
        var start = new ProcessStartInfo(DotNet())
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = logFolder,
        };
        start.ArgumentList.Add(dll);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new DemoFailedException($"{name} did not start: dotnet {dll}");
        process.StandardInput.Close();
        return new Child(name, process, Path.Combine(logFolder, name + ".log"));
    }

    /// <summary>The next line of standard output for which <paramref name="find"/> gives something.</summary>
    /// <exception cref="DemoFailedException">The process ended before it.</exception>
    public async Task<T> FindLineAsync<T>(Func<string, T?> find, string what, CancellationToken cancellationToken)
        where T : class
    {
        await foreach (var line in _output.Reader.ReadAllAsync(cancellationToken))
        {
            if (find(line) is { } found)
            {
                return found;
            }
        }

        await _process.WaitForExitAsync(cancellationToken);
        throw new DemoFailedException($"{Name} ended with exit code {ExitCode} before it showed {what}.");
    }

    /// <summary>Waits for its end and returns all that it wrote to standard output.</summary>
    /// <exception cref="DemoFailedException">It ended with another exit code than 0.</exception>
    public async Task<string> OutputAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await foreach (var line in _output.Reader.ReadAllAsync(cancellationToken))
        {
            lines.Add(line);
        }

        await _process.WaitForExitAsync(cancellationToken);
        return ExitCode == 0 ? string.Join('\n', lines) : throw new DemoFailedException($"{Name} ended with exit code {ExitCode}: {LastWords}");
    }

    /// <summary>Asks it to leave, and ends it with all that it started when it does not within <paramref name="grace"/>.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (_process.HasExited)
        {
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            _ = Kill(_process.Id, Sigterm);
            using var limit = new CancellationTokenSource(grace);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
                return;
            }
            catch (OperationCanceledException)
            {
                // It does not leave: the next line does not ask.
            }
        }

        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(10));
        await _reading;
        await _log.DisposeAsync();
        _process.Dispose();
    }

    private static string DotNet() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    private async Task ReadAsync(StreamReader reader, bool isOutput)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_tail)
            {
                _log.WriteLine(line);
                _tail.Enqueue(line);
                while (_tail.Count > TailLines)
                {
                    _tail.Dequeue();
                }
            }

            if (isOutput)
            {
                _output.Writer.TryWrite(line);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
