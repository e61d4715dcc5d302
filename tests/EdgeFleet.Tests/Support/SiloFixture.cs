using EdgeFleet.Silo.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeFleet.Tests.Support;

/// <summary>A whole silo in this process, with its own mosquitto, on free ports and a folder of its own.</summary>
internal sealed class SiloFixture : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string?> _settings;

    private SiloFixture(Dictionary<string, string?> settings)
    {
        _settings = new(settings)
        {
            ["Silo:Url"] = "http://127.0.0.1:0",
            ["Silo:Data"] = _folder.Path,
            ["Mqtt:Port"] = "0",
            ["Variants:LatencyRuns"] = "4",
            ["Logging:LogLevel:EdgeFleet"] = "Warning",
        };
    }

    public SiloHost Host { get; private set; } = null!;

    /// <summary>Its API.</summary>
    public HttpClient Http { get; private set; } = null!;

    public string Folder => _folder.Path;

    public static async Task<SiloFixture> StartAsync(Dictionary<string, string?>? settings = null)
    {
        var fixture = new SiloFixture(settings ?? []);
        await fixture.OpenAsync();
        return fixture;
    }

    /// <summary>A clean stop and a new start on the same folder.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public T Get<T>()
        where T : notnull => Host.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync()
    {
        Host = await SiloHost.StartAsync(_settings, CancellationToken.None);
        Http = new HttpClient { BaseAddress = new Uri(Host.Url), Timeout = TimeSpan.FromSeconds(60) };
    }

    private async Task CloseAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
    }
}
