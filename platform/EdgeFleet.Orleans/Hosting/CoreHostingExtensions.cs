using System.Net;
using Orleans.Configuration;

namespace Orleans.Hosting;

/// <summary>Clustering.</summary>
public static class CoreHostingExtensions
{
    /// <summary>A cluster of one silo. The embedded host is always that: only the names are used, and no port is opened.</summary>
    public static ISiloBuilder UseLocalhostClustering(
        this ISiloBuilder builder,
        int siloPort = 11111,
        int gatewayPort = 30000,
        IPEndPoint? primarySiloEndpoint = null,
        string serviceId = ClusterOptions.DefaultServiceId,
        string clusterId = ClusterOptions.DefaultClusterId) =>
        builder.Configure<ClusterOptions>(options =>
        {
            options.ServiceId = serviceId;
            options.ClusterId = clusterId;
        });
}
