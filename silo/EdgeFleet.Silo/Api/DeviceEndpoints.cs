using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Storage;

namespace EdgeFleet.Silo.Api;

/// <summary>Devices: list and detail.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder api)
    {
        var devices = api.MapGroup("/devices").WithTags("Devices");
        devices.MapGet("", (FleetStore fleet) => TypedResults.Ok(new DeviceList(fleet.Devices))).WithSummary("Every device");
        devices.MapGet("/{id}", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id))).WithSummary("One device");
    }

    private static DeviceView Require(FleetStore fleet, string id) =>
        fleet.Device(DeviceId.Parse(id)) ?? throw ApiException.NotFound("device", id);
}
