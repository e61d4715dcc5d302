using System.Globalization;
using System.Security.Cryptography;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;
using EdgeFleet.Silo.Storage;
using Orleans;

namespace EdgeFleet.Silo.Api;

/// <summary>Rollouts: start, watch, steer.</summary>
internal static class RolloutEndpoints
{
    private const string ByOperator = "by an operator";

    public static void MapRollouts(this IEndpointRouteBuilder api)
    {
        var rollouts = api.MapGroup("/rollouts").WithTags("Rollouts");
        rollouts.MapGet("", (FleetStore fleet) => TypedResults.Ok(new RolloutList(fleet.Rollouts))).WithSummary("Every rollout, the newest first");
        rollouts.MapGet("/{id}", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id))).WithSummary("One rollout");
        rollouts.MapPost("", StartAsync).WithSummary("Starts a rollout under the id of the query, or one of its own; the same again changes nothing")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        MapAction(rollouts, "pause", "Hands out nothing new", (grain, remark) => grain.Pause(remark));
        MapAction(rollouts, "resume", "Goes on after a pause", (grain, _) => grain.Resume());
        MapAction(rollouts, "cancel", "Ends it; devices keep what they have", (grain, remark) => grain.Cancel(remark));
        MapAction(rollouts, "rollback", "Puts devices back on what they ran before", (grain, remark) => grain.RollBack(remark));
    }

    private static void MapAction(RouteGroupBuilder rollouts, string verb, string summary, Func<IRolloutGrain, string, Task> act) =>
        rollouts.MapPost("/{id}/" + verb, async (string id, string? remark, IGrainFactory grains, FleetStore fleet, CancellationToken cancellationToken) =>
        {
            var rollout = Require(fleet, id).Rollout;
            var grain = grains.GetGrain<IRolloutGrain>(rollout.Value);
            try
            {
                await act(grain, remark is { Length: > 0 and <= 200 } ? remark : ByOperator);
            }
            catch (InvalidOperationException e)
            {
                throw ApiException.Conflict(e.Message);
            }

            await fleet.FlushAsync(cancellationToken);
            return TypedResults.Accepted($"/api/v1/rollouts/{rollout}", await grain.Describe());
        }).WithSummary(summary).ProducesProblem(404).ProducesProblem(409);

    private static async Task<IResult> StartAsync(
        RolloutSpec spec, string? id, IGrainFactory grains, FleetStore fleet, TimeProvider time, CancellationToken cancellationToken)
    {
        RolloutRules.Check(spec, fleet);
        if (await grains.GetGrain<IModelGrain>(spec.Model.Value).GetManifest() is null)
        {
            throw ApiException.NotFound("model", spec.Model.Value);
        }

        var rollout = id is null ? NewId(spec, time.GetUtcNow()) : RolloutId.Parse(id);
        try
        {
            await grains.GetGrain<IRolloutGrain>(rollout.Value).Start(spec);
        }
        catch (InvalidOperationException e)
        {
            throw ApiException.Conflict(e.Message);
        }
        catch (ArgumentException e)
        {
            throw ApiException.BadRequest(e.Message);
        }

        await fleet.FlushAsync(cancellationToken);
        return TypedResults.Accepted($"/api/v1/rollouts/{rollout}", new RolloutAccepted(rollout));
    }

    private static RolloutInfo Require(FleetStore fleet, string id) =>
        fleet.Rollout(RolloutId.Parse(id)) ?? throw ApiException.NotFound("rollout", id);

    private static RolloutId NewId(RolloutSpec spec, DateTimeOffset now)
    {
        var model = spec.Model.Value.Replace(':', '-');
        var suffix = now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture) + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2));
        return RolloutId.Parse($"{model[..Math.Min(model.Length, Identifier.MaxLength - suffix.Length - 1)]}-{suffix}");
    }
}
