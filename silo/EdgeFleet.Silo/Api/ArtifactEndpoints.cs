using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Artifacts;
using Microsoft.Net.Http.Headers;

namespace EdgeFleet.Silo.Api;

/// <summary>Bytes by digest, with ranges; what is under a digest never changes.</summary>
internal static class ArtifactEndpoints
{
    public static void MapArtifacts(this IEndpointRouteBuilder api) => api.MapMethods("/artifacts/{sha256}", ["GET", "HEAD"], Download)
        .WithTags("Artifacts").WithSummary("The bytes of an artifact")
        .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);

    private static IResult Download(string sha256, ArtifactStore artifacts)
    {
        var digest = Sha256Digest.Parse(sha256);
        return artifacts.Find(digest) is null
            ? throw ApiException.NotFound("artifact", sha256)
            : TypedResults.File(
                artifacts.OpenRead(digest),
                "application/octet-stream",
                fileDownloadName: digest.Short,
                entityTag: new EntityTagHeaderValue($"\"{digest}\""),
                enableRangeProcessing: true);
    }
}
