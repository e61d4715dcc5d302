using EdgeFleet.Silo.Mqtt;

namespace EdgeFleet.Silo.Api;

/// <summary>Takes the broker away for a while. There only where the setting <c>Mqtt:AllowStop</c> is true.</summary>
internal static class BrokerEndpoints
{
    public const string AllowStop = "Mqtt:AllowStop";

    private const int MostSeconds = 600;

    public static void MapBroker(this IEndpointRouteBuilder api) => api.MapPost("/broker/stop", StopAsync)
        .WithTags("Broker").WithSummary("Stops the silo's own broker, and starts it again after that many seconds")
        .Produces(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> StopAsync(int seconds, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (seconds is < 1 or > MostSeconds)
        {
            throw ApiException.BadRequest($"seconds is {seconds}: write 1 to {MostSeconds}.");
        }

        try
        {
            var outage = services.GetService<IBrokerOutage>() ?? throw new InvalidOperationException("This silo has no broker of its own.");
            await outage.BeginAsync(TimeSpan.FromSeconds(seconds), cancellationToken);
            return TypedResults.Accepted((string?)null);
        }
        catch (InvalidOperationException e)
        {
            throw ApiException.Conflict(e.Message);
        }
    }
}
