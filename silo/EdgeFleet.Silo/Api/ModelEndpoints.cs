using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Storage;

namespace EdgeFleet.Silo.Api;

/// <summary>Models: list, detail, upload; and their variants.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models").WithTags("Models");
        models.MapGet("", (FleetStore fleet) => TypedResults.Ok(new ModelList(fleet.Models))).WithSummary("Every model");
        models.MapGet("/{id}", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id))).WithSummary("One model with its variants");
    }

    private static ModelView Require(FleetStore fleet, string id) =>
        fleet.Model(ModelId.Parse(id)) ?? throw ApiException.NotFound("model", id);
}
