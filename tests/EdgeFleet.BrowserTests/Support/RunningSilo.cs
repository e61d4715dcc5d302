using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeFleet.BrowserTests.Support;

/// <summary>A whole silo on a free port with an empty data folder.</summary>
internal sealed class RunningSilo : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly SiloHost _host;

    private RunningSilo(DirectoryInfo folder, SiloHost host)
    {
        _folder = folder;
        _host = host;
    }

    public string Url => _host.Url + "/";

    /// <summary>What grains tell, a test may tell too.</summary>
    public FleetStore Fleet => _host.Services.GetRequiredService<FleetStore>();

    public static async Task<RunningSilo> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("edgefleet-browser-");
        var settings = new Dictionary<string, string?>
        {
            ["Silo:Url"] = "http://127.0.0.1:0",
            ["Silo:Data"] = folder.FullName,
            ["Silo:ShutdownSeconds"] = "2",
            ["Mqtt:Port"] = "0",
        };
        return new RunningSilo(folder, await SiloHost.StartAsync(settings, CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
