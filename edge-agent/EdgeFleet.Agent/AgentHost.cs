using System.Reflection;
using System.Text.Json;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Install;
using EdgeFleet.Agent.LocalApi;
using EdgeFleet.Agent.Reconcile;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Agent.Reporting;
using EdgeFleet.Agent.State;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Mqtt;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent;

/// <summary>One agent: put together here and nowhere else, by the executable, the simulator and the tests alike.</summary>
internal sealed partial class AgentHost : IDisposable
{
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    private readonly AgentOptions _options;
    private readonly AgentParts _parts;
    private readonly DataFolder _folder;
    private readonly StateKeeper _state;
    private readonly Outbox _outbox;
    private readonly TelemetryAccumulator _telemetry;
    private readonly MessageRejections _rejections;
    private readonly ServingSlot _slot = new();
    private readonly RecentInputs _recent = new(DesiredStateReader.MaxRecentInputs);
    private readonly InferenceService _inference;
    private readonly ILogger<AgentHost> _logger;
    private readonly HttpClient _http;
    private volatile IMqttLink? _link;

    /// <summary>Takes the data folder and reads the state in it.</summary>
    /// <exception cref="DataFolderException">The folder is in use or can't be used.</exception>
    public AgentHost(AgentOptions options, AgentParts parts)
    {
        _options = options;
        _parts = parts;
        _logger = Log<AgentHost>();
        _folder = DataFolder.Open(options.DataFolder);
        try
        {
            var store = new StateStore(_folder.Root);
            _state = new StateKeeper(store, parts.Time);
            if (store.Damaged)
            {
                LogStateLost(options.Device, _folder.Root);
            }

            _outbox = new Outbox(_folder.Outbox, options.Device, _state.Current.Incarnation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _outbox?.Dispose();
            _folder.Dispose();
            throw new DataFolderException($"Data folder {_folder.Root} can't be used: {e.Message}", e);
        }

        _http = parts.Http ?? new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        _telemetry = new TelemetryAccumulator(parts.Time);
        _rejections = new MessageRejections(options.Device, Log<MessageRejections>());
        _inference = new InferenceService(_slot, _recent, _telemetry, parts.Time, Log<InferenceService>());
    }

    public AgentState State => _state.Current;

    public LocalStatus Status()
    {
        var (inferences, sequence) = _telemetry.HandedOver(() => _outbox.LastSequence);
        return new(
            _state.Current.ToReport(_options.Device),
            _link?.State.Connected ?? false,
            _telemetry.Total,
            _outbox.Count,
            sequence,
            inferences,
            _rejections.Counts);
    }

    /// <summary>Serves until cancelled, then leaves in order within a few seconds.</summary>
    /// <exception cref="EnrolmentException">The device has no identity yet and is refused one.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var linkOptions = await PrepareLinkAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var link = _link = _parts.Links.Create(linkOptions);
        using var mailbox = new DesiredMailbox();
        using var uplink = new Uplink(_options.Device, link, _state, _outbox, Register, _parts.Time, Log<Uplink>());
        var chunks = new MqttChunkTransport(_options.Device, link);
        var downlink = new Downlink(_options.Device, link, mailbox, uplink, chunks, _rejections);
        var artifacts = new ArtifactStore(_folder.Artifacts);
        var downloader = new ArtifactDownloader(
            _options.Device, chunks, artifacts, _options.Install, _parts.Time, _parts.Random, Log<ArtifactDownloader>());
        var reconcile = new ReconcileLoop(
            _state,
            artifacts,
            downloader,
            _parts.Loader,
            _parts.Prover,
            _slot,
            _recent,
            mailbox,
            _rejections,
            _options.Install,
            _parts.Source is not null,
            _parts.Time,
            Log<ReconcileLoop>());

        reconcile.Restore();
        await using var local = _options.LocalPort is { } port
            ? await LocalApiServer.StartAsync(port, Status, _inference.Answer, cancellationToken)
            : null;
        await downlink.SubscribeAsync(stop.Token);
        link.Start();
        List<Task> loops =
        [
            Task.Run(() => reconcile.RunAsync(stop.Token), CancellationToken.None),
            Task.Run(() => uplink.RunAsync(stop.Token), CancellationToken.None),
            Task.Run(() => downlink.RunAsync(stop.Token), CancellationToken.None),
            CollectAsync(uplink, stop.Token),
        ];
        if (_options.PlainBroker is null)
        {
            var store = new IdentityStore(_folder.Identity);
            loops.Add(new CertificateRenewal(
                store, Enroller(store), _options.Server, _options.Token, _options.Device, _parts.Time, Log<CertificateRenewal>()).RunAsync(stop.Token));
        }

        if (_parts.Source is { } source)
        {
            loops.Add(new InferenceLoop(source, _inference, _slot, _options.RatePerSecond, _parts.Time, Log<InferenceLoop>()).RunAsync(stop.Token));
        }

        var first = await Task.WhenAny(loops);
        await stop.CancelAsync();
        await Task.WhenAll(loops).WaitAsync(StopLimit, _parts.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Collect(uplink);
        await SayGoodbyeAsync(link);
        if (!cancellationToken.IsCancellationRequested)
        {
            // None of them ends by itself: this is a bug, and the service manager starts the agent again.
            await first;
            throw new InvalidOperationException("A loop of the agent ended by itself.");
        }
    }

    public void Dispose()
    {
        if (_parts.Http is null)
        {
            _http.Dispose();
        }

        _slot.Dispose();
        _outbox.Dispose();
        _folder.Dispose();
    }

    private async Task<MqttLinkOptions> PrepareLinkAsync(CancellationToken cancellationToken)
    {
        var will = new Presence(_options.Device, false, _parts.Time.GetUtcNow());
        var basic = new MqttLinkOptions
        {
            ClientId = _options.Device.Value,
            CleanStart = false,
            SessionExpiry = _options.SessionExpiry,
            Will = new MqttMessage(Topics.Presence(_options.Device), JsonSerializer.SerializeToUtf8Bytes(will, WireJson.Default.Presence)),
        };
        if (_options.PlainBroker is { } plain)
        {
            return basic with { Host = plain.Host, Port = plain.Port };
        }

        var store = new IdentityStore(_folder.Identity);
        var identity = store.Load();
        if (identity is not null && identity.Device != _options.Device)
        {
            throw new EnrolmentException($"Data folder {_folder.Root} belongs to device {identity.Device}: give --id {identity.Device} or another --data.");
        }

        if (identity is null || identity.NotAfter <= _parts.Time.GetUtcNow())
        {
            if (_options.Server is null || string.IsNullOrEmpty(_options.Token))
            {
                throw new EnrolmentException($"{_options.Device} is not enrolled: give --server and --token.");
            }

            identity = await Enroller(store).EnrolAsync(_options.Server, _options.Token, _options.Device, cancellationToken);
        }

        return basic with { Host = identity.BrokerHost, Port = identity.BrokerPort, Tls = store.Tls };
    }

    private Enroller Enroller(IdentityStore store) => new(_http, store, _parts.Time, _parts.Random, Log<Enroller>());

    private DeviceRegistration Register() => new(
        _options.Device,
        _state.Current.Incarnation,
        Version,
        _parts.Probe.Probe(_folder.Root, _options.Declared),
        _options.Tags,
        _parts.Time.GetUtcNow());

    private static string Version { get; } =
        typeof(AgentHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Puts each period's counts into the outbox.</summary>
    private async Task CollectAsync(Uplink uplink, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.TelemetryPeriod, _parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Collect(uplink);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The last period is collected when inference has ended.
        }
    }

    private void Collect(Uplink uplink)
    {
        try
        {
            if (_telemetry.Drain(_outbox.Append) > 0)
            {
                uplink.Wake();
            }
        }
        catch (IOException e)
        {
            LogOutboxRefused(_options.Device, e.Message);
        }
    }

    private async Task SayGoodbyeAsync(IMqttLink link)
    {
        if (!link.State.Connected)
        {
            return;
        }

        using var limit = new CancellationTokenSource(GoodbyeLimit, _parts.Time);
        try
        {
            var offline = new Presence(_options.Device, false, _parts.Time.GetUtcNow());
            await link.PublishAsync(
                new MqttMessage(Topics.Presence(_options.Device), JsonSerializer.SerializeToUtf8Bytes(offline, WireJson.Default.Presence)), limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or MqttLinkException)
        {
            LogNoGoodbye(_options.Device, e.Message);
        }
    }

    private ILogger<T> Log<T>() => _parts.Loggers.CreateLogger<T>();

    [LoggerMessage(EventId = 5601, Level = LogLevel.Error, Message = "{Device}: both copies of the state in {Folder} are damaged; starting anew, as a device without any variant")]
    private partial void LogStateLost(Contracts.Ids.DeviceId device, string folder);

    [LoggerMessage(EventId = 5602, Level = LogLevel.Error, Message = "{Device} can't write its outbox; the counts stay in memory until it can: {Reason}")]
    private partial void LogOutboxRefused(Contracts.Ids.DeviceId device, string reason);

    [LoggerMessage(EventId = 5603, Level = LogLevel.Debug, Message = "{Device} left without saying so, the broker's will does: {Reason}")]
    private partial void LogNoGoodbye(Contracts.Ids.DeviceId device, string reason);
}
