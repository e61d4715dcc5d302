using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Storage;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Orleans;

namespace EdgeFleet.Silo.Api;

/// <summary>Models: list, detail, upload; and their variants.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/models").WithTags("Models");
        models.MapGet("", (FleetStore fleet) => TypedResults.Ok(new ModelList(fleet.Models))).WithSummary("Every model");
        models.MapGet("/{id}", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id))).WithSummary("One model with its variants");
        models.MapPost("", UploadAsync).DisableAntiforgery()
            .WithSummary("Takes in a model: name, version, divisor, mean, stddev as text; model, data (repeated), calibration, labels as files")
            .Accepts<IFormFile>("multipart/form-data").Produces<ModelManifest>(StatusCodes.Status201Created).Produces<ModelManifest>()
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415).ProducesProblem(422);
        models.MapGet("/{id}/variants", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id).Variants)).WithSummary("A model's variants");
        models.MapPost("/{id}/variants", EnsureVariantAsync).WithSummary("Asks for a variant; production goes on after the answer").ProducesProblem(404);
    }

    private static async Task<IResult> UploadAsync(
        HttpContext context, DataFolder data, ModelIntake intake, IOptions<UploadOptions> options, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The reader keeps the limit itself, with words.
            size.MaxRequestBodySize = null;
        }

        var folder = Directory.CreateDirectory(Path.Combine(data.Work, "upload-" + Guid.NewGuid().ToString("n")));
        try
        {
            var form = await new UploadReader(folder.FullName, options.Value.MaxBytes).ReadAsync(context.Request, cancellationToken);
            var (manifest, isNew) = await intake.TakeAsync(form, cancellationToken);
            return isNew ? TypedResults.Created($"/api/v1/models/{manifest.Model}", manifest) : TypedResults.Ok(manifest);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IResult> EnsureVariantAsync(
        string id, VariantRequest request, IGrainFactory grains, FleetStore fleet)
    {
        var model = Require(fleet, id).Manifest.Model;
        var variant = await grains.GetGrain<IModelGrain>(model.Value).EnsureVariant(request.Profile);
        return variant.Status is VariantStatus.Producing or VariantStatus.None
            ? TypedResults.Accepted($"/api/v1/models/{model}", variant)
            : TypedResults.Ok(variant);
    }

    private static ModelView Require(FleetStore fleet, string id) =>
        fleet.Model(ModelId.Parse(id)) ?? throw ApiException.NotFound("model", id);
}

/// <summary>Asks for a form of a model.</summary>
internal sealed record VariantRequest(CompressionProfile Profile);
