using EdgeFleet.Contracts.Api;
using EdgeFleet.Silo.Identity;
using Microsoft.AspNetCore.Mvc;

namespace EdgeFleet.Silo.Api;

/// <summary>The one door for a device that is not in yet.</summary>
internal static class EnrolEndpoints
{
    private const int MostRequestCharacters = 16 * 1024;

    public static void MapEnrolment(this IEndpointRouteBuilder api) => api.MapPost("/enrol", EnrolAsync)
        .WithTags("Devices").WithSummary("Exchanges an enrolment token and a signing request for a certificate")
        .Produces<EnrolResponse>().ProducesProblem(400).ProducesProblem(403);

    private static async Task<IResult> EnrolAsync(EnrolRequest request, [FromServices] IEnrolment enrolment, CancellationToken cancellationToken)
    {
        if (request.SigningRequestPem.Length > MostRequestCharacters)
        {
            throw ApiException.BadRequest($"The signing request has more than {MostRequestCharacters} characters.");
        }

        try
        {
            return TypedResults.Ok(await enrolment.EnrolAsync(request, cancellationToken));
        }
        catch (EnrolmentRefusedException e)
        {
            throw new ApiException(e.BadToken ? StatusCodes.Status403Forbidden : StatusCodes.Status400BadRequest, "Enrolment refused", e.Message);
        }
    }
}
