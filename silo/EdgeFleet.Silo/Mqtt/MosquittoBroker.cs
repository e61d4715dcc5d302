using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Identity;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>
/// The broker as a part of the silo: starts a local mosquitto, starts it again with back-off when it dies, ends it at shutdown.
/// With an external broker it only says that there is one.
/// </summary>
internal sealed partial class MosquittoBroker : ISiloPart, IAsyncDisposable
{
    /// <summary>A broker that ran for less was not started well.</summary>
    private static readonly TimeSpan s_shortLife = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_renewalCheck = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_probe = TimeSpan.FromMilliseconds(30);

    /// <summary>Deaths in a row, each shortly after the start, until the stored state is put aside as the likely cause.</summary>
    private const int DeathsBeforeNewStore = 3;

    private readonly MqttOptions _options;
    private readonly BrokerAccess _access;
    private readonly CertificateAuthority _authority;
    private readonly TimeProvider _time;
    private readonly ILogger<MosquittoBroker> _logger;
    private readonly string _folder;
    private readonly BrokerLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _up;
    private volatile Process? _process;
    private ITimer? _renewal;
    private bool _started;

    public MosquittoBroker(
        IOptions<MqttOptions> options,
        DataFolder folder,
        BrokerAccess access,
        CertificateAuthority authority,
        RejectionLog rejections,
        TimeProvider time,
        ILogger<MosquittoBroker> logger)
    {
        _options = options.Value;
        _access = access;
        _authority = authority;
        _time = time;
        _logger = logger;
        _folder = folder.Broker;
        _log = new BrokerLog(time, logger, device => rejections.Add(
            new UpMessage.Rejected(device, UpFault.Oversize, $"the broker cut it off at a packet above {_options.MaxPacketBytes} bytes")));
    }

    public string Name => "broker";

    public PartHealth Health => _options.External
        ? new PartHealth(true, $"external, at {_access.DeviceHost}:{_access.DevicePort}")
        : new PartHealth(_up, _up ? $"mosquitto listens on {_access.DeviceHost}:{_access.DevicePort}" : "mosquitto is not up");

    /// <summary>Done when the broker has taken its first connection; fails when it could not be started.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Process id of the running broker; null while there is none.</summary>
    internal int? ProcessId => _process?.Id;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.External)
        {
            _ready.TrySetResult();
            return;
        }

        var executable = MosquittoProcess.Find(_options);
        BrokerConfiguration.Write(_folder, _options, _access.DevicePort, _authority);
        _started = true;

        // The kernel ends the broker with the thread that started it (setpriv --pdeathsig), so that thread stays for as long as it runs.
        new Thread(() => Supervise(executable)) { IsBackground = true, Name = "broker" }.Start();
        _renewal = _time.CreateTimer(_ => Renew(), null, s_renewalCheck, s_renewalCheck);
        await _ready.Task.WaitAsync(cancellationToken);
        LogStarted(_access.DeviceHost, _access.DevicePort);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            return;
        }

        _started = false;
        if (_renewal is not null)
        {
            await _renewal.DisposeAsync();
        }

        await _stop.CancelAsync();
        await _ended.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stop.Dispose();
    }

    /// <summary>Runs on its own thread, from the first start of the broker to the last.</summary>
    private void Supervise(string executable)
    {
        var pause = s_firstPause;
        var deaths = 0;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var since = _time.GetTimestamp();
                RunOnce(executable);
                if (_stop.IsCancellationRequested || _ready.Task.IsFaulted)
                {
                    return;
                }

                if (SitOutOutage())
                {
                    (deaths, pause) = (0, s_firstPause);
                    continue;
                }

                var shortLived = _time.GetElapsedTime(since) < s_shortLife;
                deaths = shortLived ? deaths + 1 : 0;
                if (deaths == DeathsBeforeNewStore)
                {
                    PutStoreAside();
                }

                LogRestart(_log.Last, (long)pause.TotalMilliseconds);
                _stop.Token.WaitHandle.WaitOne(pause);
                pause = shortLived ? TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks)) : s_firstPause;
            }
        }
        catch (Exception e)
        {
            _ready.TrySetException(new StartupException($"the broker {executable} can't be started ({e.Message})", "check that it may be executed.", e));
            LogSupervisionFailed(e);
        }
        finally
        {
            _ready.TrySetCanceled();
            _outage?.Began.TrySetCanceled();
            _ended.TrySetResult();
        }
    }

    private void RunOnce(string executable)
    {
        using var process = new Process { StartInfo = MosquittoProcess.StartInfo(executable, BrokerConfiguration.FileIn(_folder)) };
        process.ErrorDataReceived += (_, line) => _log.Add(line.Data);
        process.OutputDataReceived += (_, line) => _log.Add(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        _process = process;
        using var stopping = _stop.Token.Register(() => OrphanedBrokers.AskToEnd(process.Id));
        try
        {
            AwaitListening(process);
            WaitForEnd(process);
        }
        finally
        {
            _up = false;
            _process = null;
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }
        }
    }

    /// <summary>The very first start must succeed in time, or the silo stops with the broker's own words.</summary>
    private void AwaitListening(Process process)
    {
        var since = _time.GetTimestamp();
        while (!_stop.IsCancellationRequested && !Accepts())
        {
            var late = _time.GetElapsedTime(since) > s_startTimeout;
            if (late || process.WaitForExit(s_probe))
            {
                if (!late)
                {
                    process.WaitForExit();
                }

                _ready.TrySetException(new StartupException(
                    late ? $"the broker did not listen on port {_access.DevicePort} in time" : $"the broker ended at its start with code {process.ExitCode}",
                    $"it said: {_log.Last}"));
                return;
            }
        }

        if (!process.HasExited && !_stop.IsCancellationRequested)
        {
            _up = true;
            _ready.TrySetResult();
        }
    }

    private void WaitForEnd(Process process)
    {
        while (_up && !process.WaitForExit(TimeSpan.FromSeconds(1)))
        {
            if (_stop.IsCancellationRequested)
            {
                process.WaitForExit(s_stopTimeout);
                return;
            }
        }
    }

    private bool Accepts()
    {
        var address = BrokerConfiguration.ListenAddress(_options);
        var target = address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(target, _access.DevicePort);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void PutStoreAside()
    {
        var store = BrokerConfiguration.StoreIn(_folder);
        if (File.Exists(store))
        {
            var aside = $"{store}.{_time.GetUtcNow():yyyyMMddHHmmss}.bad";
            File.Move(store, aside, overwrite: true);
            LogStorePutAside(DeathsBeforeNewStore, aside);
        }
    }

    private void Renew()
    {
        try
        {
            if (_authority.RenewOwn([_options.Host, _options.Listen ?? _options.Host]) && _process is { } process)
            {
                OrphanedBrokers.AskToReload(process.Id);
                LogRenewed();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            LogRenewalFailed(e);
        }
    }
}
