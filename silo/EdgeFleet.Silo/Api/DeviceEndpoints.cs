using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.GrainContracts;
using EdgeFleet.Silo.Storage;
using Orleans;

namespace EdgeFleet.Silo.Api;

/// <summary>Devices: list, detail, and a push of the desired state.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder api)
    {
        var devices = api.MapGroup("/devices").WithTags("Devices");
        devices.MapGet("", (FleetStore fleet) => TypedResults.Ok(new DeviceList(fleet.Devices))).WithSummary("Every device");
        devices.MapGet("/{id}", (string id, FleetStore fleet) => TypedResults.Ok(Require(fleet, id))).WithSummary("One device").ProducesProblem(404);
        devices.MapPost("/{id}/republish", RepublishAsync).WithSummary("Gives the device's desired state to the broker again")
            .ProducesProblem(404).ProducesProblem(503);
    }

    private static async Task<IResult> RepublishAsync(string id, FleetStore fleet, IGrainFactory grains)
    {
        var device = Require(fleet, id).Device;
        try
        {
            await grains.GetGrain<IDeviceGrain>(device.Value).Republish();
        }
        catch (IOException e)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "No broker", e.Message);
        }

        return TypedResults.Accepted($"/api/v1/devices/{device}");
    }

    private static DeviceView Require(FleetStore fleet, string id) =>
        fleet.Device(DeviceId.Parse(id)) ?? throw ApiException.NotFound("device", id);
}
