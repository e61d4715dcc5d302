using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace EdgeFleet.Tests.Support;

/// <summary>A real mosquitto on a free port of loopback, that a test can stop, kill and start again on the same port with the same stored state.</summary>
internal sealed class MosquittoFixture : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    private MosquittoFixture()
    {
    }

    public int Port { get; private set; }

    /// <summary>What the broker has logged, all starts together.</summary>
    public IReadOnlyCollection<string> Log => _log;

    private string ConfigFile => _folder.File("mosquitto.conf");

    /// <param name="listener">Further lines for the listener: TLS files, access control. Anonymous and open by default.</param>
    /// <param name="general">Further lines that stand before the listener; limits, persistence.</param>
    public static async Task<MosquittoFixture> StartAsync(string listener = "allow_anonymous true", string general = "")
    {
        var fixture = new MosquittoFixture();
        for (var attempt = 1; ; attempt++)
        {
            fixture.Port = FreePort.Take();
            await File.WriteAllTextAsync(fixture.ConfigFile, $"""
                user root
                log_dest stderr
                log_type all
                connection_messages true
                persistence true
                persistence_location {fixture._folder.Path}/
                autosave_interval 1
                autosave_on_changes true
                max_queued_messages 100000
                {general}
                listener {fixture.Port} 127.0.0.1
                {listener}

                """);
            try
            {
                await fixture.RestartAsync();
                return fixture;
            }
            catch (TimeoutException) when (attempt < 3)
            {
                // Another process took the port between the look and the use.
                fixture.Kill();
            }
        }
    }

    /// <summary>Starts it again, on the same port, with what it had stored; returns when it accepts connections.</summary>
    public async Task RestartAsync()
    {
        var start = new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", ConfigFile]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        _process = Process.Start(start) ?? throw new InvalidOperationException("mosquitto did not start");
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Eventually.True(IsListening, $"mosquitto listens on {Port}; it said: {string.Join(" | ", _log)}", TimeSpan.FromSeconds(10));
    }

    /// <summary>Ends it in order: it stores its state and closes its connections.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false } process)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await kill.WaitForExitAsync();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>kill -9: what it had not stored is lost.</summary>
    public void Kill()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    /// <summary>SIGSTOP, so that it takes and gives nothing while its connections stay.</summary>
    public void Freeze() => Signal("-STOP");

    public void Thaw() => Signal("-CONT");

    public ValueTask DisposeAsync()
    {
        Kill();
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> IsListening()
    {
        if (_process is { HasExited: true })
        {
            throw new TimeoutException($"mosquitto ended with {_process.ExitCode}: {string.Join(" | ", _log)}");
        }

        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process!.Id}"]);
        kill.WaitForExit();
    }

    private void Keep(string? line)
    {
        if (line is not null && _log.Count < 100_000)
        {
            _log.Enqueue(line);
        }
    }
}
