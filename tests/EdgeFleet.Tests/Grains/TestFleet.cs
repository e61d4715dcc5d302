using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains;
using EdgeFleet.Grains.Ports;
using EdgeFleet.Platform.Orleans;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Storage;
using Orleans.TestingHost;

namespace EdgeFleet.Tests.Grains;

/// <summary>A silo with the real grains on real SQLite, scripted devices and a scripted producer, in time that the test drives.</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly InProcessTestCluster _cluster;

    private TestFleet()
    {
        Devices = new ScriptedDevices(this);
        _cluster = new InProcessTestClusterBuilder(1).ConfigureSilo((_, silo) =>
        {
            silo.Services.AddLogging(l => l.AddProvider(Log).SetMinimumLevel(LogLevel.Information));
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.Services.AddSingleton<IDesiredStatePublisher>(Devices);
            silo.Services.AddSingleton<IVariantProducer>(Producer);
            silo.Services.AddSingleton<IFleetProjection>(Projection);
            silo.Services.AddSingleton<IFleetDirectory>(Projection);

            // Time runs by seconds per real millisecond here: no call is late because of that.
            silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromDays(30));
            silo.AddSqliteGrainStorage("Sqlite", o => o.Path = _folder.File("grains.db"));
            silo.UseSqliteReminderService(o => o.Path = _folder.File("grains.db"));
            silo.Services.AddKeyedSingleton<IGrainStorage>(
                GrainStores.Default, (services, _) => new KillingStorage(services.GetRequiredKeyedService<IGrainStorage>("Sqlite"), Kill));
            silo.AddEdgeFleetGrains();
        }).Build();
    }

    public ManualTimeProvider Time { get; } = new();

    public ScriptedDevices Devices { get; }

    public ScriptedProducer Producer { get; } = new();

    public RecordingProjection Projection { get; } = new();

    public CollectedLog Log { get; } = new();

    /// <summary>When set, the silo dies at that write.</summary>
    public KillSwitch Kill { get; } = new();

    public bool IsUp => _cluster.GetActiveSilos().Any();

    public IGrainFactory Grains => _cluster.Client;

    public static async Task<TestFleet> StartAsync()
    {
        var fleet = new TestFleet();
        await fleet._cluster.DeployAsync();
        return fleet;
    }

    public IDeviceGrain Device(string id) => Grains.GetGrain<IDeviceGrain>(id);

    public IRolloutGrain Rollout(string id) => Grains.GetGrain<IRolloutGrain>(id);

    /// <summary>Dies without a word to any grain, and starts again on the same files.</summary>
    public async Task KillAndRestartAsync()
    {
        await _cluster.KillSiloAsync(_cluster.GetActiveSilos().Single());
        await _cluster.DeployAsync();
    }

    public async Task RegisterAsync(params string[] ids)
    {
        foreach (var id in ids)
        {
            Devices.Add(id);
            await Device(id).Register(Some.Registration(id));
        }
    }

    public async Task<ModelManifest> PublishAsync(string model, params string[] operators)
    {
        var manifest = Some.Model(model, operators: operators);
        await Grains.GetGrain<IModelGrain>(model).Publish(manifest);
        return manifest;
    }

    public async Task<RolloutInfo> RollOutAsync(string id, string model, Func<RolloutSpec, RolloutSpec>? change = null)
    {
        var spec = new RolloutSpec(ModelId.Parse(model));
        await Rollout(id).Start(change?.Invoke(spec) ?? spec);
        return await UntilAsync(id, r => r.EndedAt is not null || r.Status == RolloutStatus.Paused, "the rollout ends");
    }

    public Task<RolloutInfo> UntilAsync(string rollout, RolloutStatus status) => UntilAsync(rollout, r => r.Status == status, status.ToString());

    /// <summary>Lets time and devices run until the rollout looks as wanted.</summary>
    public async Task<RolloutInfo> UntilAsync(string rollout, Func<RolloutInfo, bool> condition, string what)
    {
        RolloutInfo? info = null;
        try
        {
            await UntilAsync(async () => (info = await Rollout(rollout).Describe()) is not null && condition(info), what);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} {info?.Status} {info?.Message}: {string.Join(" | ", info?.Events.Select(x => x.Text) ?? [])}; {Log.Text}", e);
        }

        return info!;
    }

    /// <summary>Lets time and devices run until a condition holds, restarting the silo whenever it was killed.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what) => await Eventually.True(
        async () =>
        {
            if (Kill.HasStruck)
            {
                await KillAndRestartAsync();
                Kill.Disarm();
            }

            await StepAsync();
            var answer = condition();
            if (await Task.WhenAny(answer, Kill.Struck) != answer)
            {
                return false;
            }

            return await answer;
        },
        what);

    /// <summary>A second passes, and devices say what they have to say.</summary>
    public async Task StepAsync()
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        await Devices.SendAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }
}
