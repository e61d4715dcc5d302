using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeFleet.BrowserTests.Support;

/// <summary>A whole silo on a free port with an empty data folder.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly SiloHost _host;
    private bool _gone;

    private RunningSilo(DirectoryInfo folder, SiloHost host)
    {
        _folder = folder;
        _host = host;
    }

    public string Url => _host.Url + "/";

    /// <summary>What grains tell, a test may tell too.</summary>
    public FleetStore Fleet => _host.Services.GetRequiredService<FleetStore>();

    public static Task<RunningSilo> StartAsync() => StartAsync(Directory.CreateTempSubdirectory("edgefleet-browser-"), "http://127.0.0.1:0");

    /// <summary>Stops it and starts it again where it was, with what it kept.</summary>
    public async Task<RunningSilo> RestartAsync()
    {
        var url = _host.Url;
        await _host.DisposeAsync();
        _gone = true;
        return await StartAsync(_folder, url);
    }

    private static async Task<RunningSilo> StartAsync(DirectoryInfo folder, string url)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Silo:Url"] = url,
            ["Silo:Data"] = folder.FullName,
            ["Silo:ShutdownSeconds"] = "2",
            ["Mqtt:Port"] = "0",
        };
        return new RunningSilo(folder, await SiloHost.StartAsync(settings, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        if (_gone)
        {
            return;
        }

        await _host.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
