namespace EdgeFleet.Silo.Telemetry;

internal static class TelemetryServices
{
    public static IServiceCollection AddFleetMetrics(this IServiceCollection services) =>
        services.AddSingleton<FleetCounters>().AddSingleton<FleetMetrics>();

    /// <summary><c>/metrics</c> in Prometheus' text format.</summary>
    public static void MapFleetMetrics(this IEndpointRouteBuilder app) =>
        app.MapGet("/metrics", (FleetMetrics metrics) => TypedResults.Text(metrics.Write(), PrometheusText.ContentType)).ExcludeFromDescription();
}
