using EdgeFleet.Silo.Api;
using EdgeFleet.Silo.Artifacts;
using EdgeFleet.Silo.Dashboard;
using EdgeFleet.Silo.Identity;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Silo.Storage;
using EdgeFleet.Silo.Telemetry;
using EdgeFleet.Silo.Variants;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Hosting;

/// <summary>The composition root: every service and endpoint of the silo is put together here, and nowhere else.</summary>
internal sealed class SiloHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolder _folder;

    private SiloHost(WebApplication app, DataFolder folder)
    {
        _app = app;
        _folder = folder;
    }

    public IServiceProvider Services => _app.Services;

    /// <summary>Where it listens, with the port that it got.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Takes the data folder, opens the HTTP door and starts every part.</summary>
    /// <param name="settings">Settings by name, above the environment's (<c>EDGEFLEET_Silo__Url</c>).</param>
    /// <exception cref="StartupException">Something is missing or in use; see also <see cref="StartupFailure"/>.</exception>
    public static async Task<SiloHost> StartAsync(IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = SiloLogging.Defaults });
        builder.Configuration.AddEnvironmentVariables("EDGEFLEET_").AddInMemoryCollection(settings);
        var options = ReadOptions(builder.Configuration);
        var folder = DataFolder.Open(options.Data);
        WebApplication? app = null;
        try
        {
            var started = false;
            builder.Logging.AddSiloConsole(() => started);
            AddServices(builder, options, folder);
            app = builder.Build();
            MapEndpoints(app);
            await app.StartAsync(cancellationToken);
            started = true;
            return new SiloHost(app, folder);
        }
        catch
        {
            await AbandonAsync(app, folder);
            throw;
        }
    }

    /// <summary>What an operator needs to know at start.</summary>
    public IReadOnlyList<string> Welcome()
    {
        // Asked before the first line is out: whoever waits for the URL finds the token's file.
        var broker = _app.Services.GetRequiredService<IBrokerAccess>();
        var token = _app.Services.GetRequiredService<IEnrolment>().TokenFile;
        return
        [
            $"silo is up: {Url}",
            $"data folder: {_folder.Root}",
            $"broker: mqtts://{broker.DeviceHost}:{broker.DevicePort}",
            $"enrolment token: {token}",
        ];
    }

    /// <summary>Returns when Ctrl-C, SIGTERM or a failed part stopped the silo.</summary>
    public Task WaitForShutdownAsync() => _app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync() => await StopAsync(_app, _folder);

    private static async Task StopAsync(WebApplication? app, DataFolder folder)
    {
        using var held = folder;
        if (app is not null)
        {
            await using var disposed = app;
            await app.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>After a failed start: what had started is stopped, and the first failure stays the one that is told.</summary>
    private static async Task AbandonAsync(WebApplication? app, DataFolder folder)
    {
        using var held = folder;
        if (app is not null)
        {
            await using var disposed = app;
            await app.Services.GetRequiredService<SiloParts>().StopAsync(CancellationToken.None);
        }
    }

    private static void AddServices(WebApplicationBuilder builder, SiloOptions options, DataFolder folder)
    {
        builder.WebHost.UseUrls(options.Url);
        var services = builder.Services;
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(options.ShutdownSeconds));
        services.AddSingleton(Options.Create(options));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(folder);
        services.AddFleetStorage();
        services.AddArtifactStore();
        services.AddFleetMetrics();
        services.AddVariants();
        services.AddEdgeFleetIdentity();
        services.AddEdgeFleetBroker();
        services.AddFleetBridge();
        services.AddFleetApi();
        builder.UseFleetGrains(folder);
        builder.AddEdgeFleetDashboard(folder.Keys);

        // The parts start in this order, once the HTTP door is open.
        services.AddSingleton<SiloParts>();
        services.AddHostedService(s => s.GetRequiredService<SiloParts>());
    }

    private static void MapEndpoints(WebApplication app)
    {
        app.MapFleetApi();
        app.MapEdgeFleetDashboard();
    }

    private static SiloOptions ReadOptions(ConfigurationManager configuration)
    {
        var options = new SiloOptions();
        configuration.GetSection(SiloOptions.Section).Bind(options);
        foreach (IValidateOptions<SiloOptions> validator in new IValidateOptions<SiloOptions>[] { new SiloOptionsValidator(), new SiloUrlValidator() })
        {
            if (validator.Validate(null, options) is { Failed: true } result)
            {
                throw new OptionsValidationException(SiloOptions.Section, typeof(SiloOptions), result.Failures);
            }
        }

        return options;
    }
}
