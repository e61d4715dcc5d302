using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Api;

/// <summary><c>/healthz</c>: the process lives. <c>/readyz</c>: every part works, or 503 with which does not.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => TypedResults.Text("ok\n")).WithSummary("200 as long as the process answers").WithTags("Health");
        app.MapGet("/readyz", Readiness).WithSummary("200 when every part works, otherwise 503; with the state of each").WithTags("Health");
    }

    private static IResult Readiness(SiloParts parts)
    {
        var list = parts.Health().Select(p => new ReadinessPart(p.Name, p.Health.Ready, p.Health.Detail)).ToList();
        var ready = list.TrueForAll(p => p.Ready);
        return TypedResults.Json(
            new Readiness(ready, list), statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

/// <summary>The answer of <c>/readyz</c>.</summary>
internal sealed record Readiness(bool Ready, IReadOnlyList<ReadinessPart> Parts);

/// <summary>One part of the silo.</summary>
internal sealed record ReadinessPart(string Name, bool Ready, string Detail);
