using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Silo.Storage;

namespace EdgeFleet.Silo.Api;

/// <summary>What happens, as it happens: server-sent events <c>device</c>, <c>model</c>, <c>rollout</c> whose data is the thing's JSON.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder api) => api.MapGet("/events", Stream)
        .WithTags("Events").WithSummary("First everything as it is, then each change; a slow reader gets the newest form of each thing");

    private static IResult Stream(FleetStore fleet, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
        TypedResults.ServerSentEvents(ReadAsync(fleet, lifetime.ApplicationStopping, cancellationToken));

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(
        FleetStore fleet, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        using var subscription = fleet.Subscribe();
        foreach (var change in fleet.Snapshot())
        {
            yield return Item(fleet, change);
        }

        yield return new SseItem<string>("{}", "current");
        var changes = subscription.ReadAllAsync(ended.Token).GetAsyncEnumerator(ended.Token);
        await using var ignored = changes;
        while (await NextAsync(changes))
        {
            foreach (var change in changes.Current)
            {
                yield return Item(fleet, change);
            }
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<IReadOnlyCollection<FleetChange>> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static SseItem<string> Item(FleetStore fleet, FleetChange change) => change.Entity switch
    {
        FleetEntity.Device => new(JsonSerializer.Serialize(fleet.Device(new DeviceId(change.Id))!, WireJson.Default.DeviceView), "device"),
        FleetEntity.Model => new(JsonSerializer.Serialize(fleet.Model(new ModelId(change.Id))!, WireJson.Default.ModelView), "model"),
        _ => new(JsonSerializer.Serialize(fleet.Rollout(new RolloutId(change.Id))!, WireJson.Default.RolloutInfo), "rollout"),
    };
}
