using Microsoft.AspNetCore.DataProtection;
using Radzen;

namespace EdgeFleet.Silo.Dashboard;

/// <summary>The dashboard's place in the silo: one page at <c>/</c>, all of its files served from here.</summary>
internal static partial class DashboardServices
{
    /// <summary>Written beside the silo by its build: which files the page consists of.</summary>
    private const string Manifest = "EdgeFleet.Silo.staticwebassets.endpoints.json";

    private const string ContentPolicy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

    /// <param name="builder">The silo's.</param>
    /// <param name="keys">Folder for the keys that protect what the page's connection carries; the silo's own.</param>
    public static void AddEdgeFleetDashboard(this WebApplicationBuilder builder, string keys)
    {
        // Until the silo is published, the page's files lie in the source tree and in packages; this file says where.
        builder.WebHost.UseSetting(WebHostDefaults.StaticWebAssetsKey, Path.Combine(AppContext.BaseDirectory, "EdgeFleet.Silo.staticwebassets.runtime.json"));
        builder.WebHost.UseStaticWebAssets();
        // The keys lie in the data folder as the CA's does: whoever may read that folder is the silo.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Services.AddDataProtection().SetApplicationName("EdgeFleet").PersistKeysToFileSystem(new DirectoryInfo(keys));
        builder.Services.AddRazorComponents().AddInteractiveServerComponents(circuit => circuit.DisconnectedCircuitMaxRetained = 20);
        builder.Services.AddRadzenComponents();
    }

    public static void MapEdgeFleetDashboard(this WebApplication app)
    {
        if (!File.Exists(Path.Combine(AppContext.BaseDirectory, Manifest)))
        {
            LogNoFiles(app.Logger, Manifest, AppContext.BaseDirectory);
            return;
        }

        app.UseAntiforgery();
        app.MapStaticAssets(Manifest);
        app.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null)
            .WithStaticAssets(Manifest)
            .Add(endpoint => endpoint.RequestDelegate = WithPolicy(endpoint.RequestDelegate!));
    }

    private static RequestDelegate WithPolicy(RequestDelegate page) => context =>
    {
        context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return page(context);
    };

    [LoggerMessage(EventId = 1801, Level = LogLevel.Warning, Message = "The dashboard is off: {File} is missing in {Folder}; build or publish the silo as a whole")]
    private static partial void LogNoFiles(ILogger logger, string file, string folder);
}
