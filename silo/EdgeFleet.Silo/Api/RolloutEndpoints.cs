using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Silo.Storage;

namespace EdgeFleet.Silo.Api;

/// <summary>Rollouts: start, watch, steer.</summary>
internal static class RolloutEndpoints
{
    public static void MapRollouts(this IEndpointRouteBuilder api)
    {
        var rollouts = api.MapGroup("/rollouts").WithTags("Rollouts");
        rollouts.MapGet("", (FleetStore fleet) => TypedResults.Ok(new RolloutList(fleet.Rollouts))).WithSummary("Every rollout, the newest first");
        rollouts.MapGet("/{id}", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id))).WithSummary("One rollout");
    }

    private static RolloutInfo Require(FleetStore fleet, string id) =>
        fleet.Rollout(RolloutId.Parse(id)) ?? throw ApiException.NotFound("rollout", id);
}
