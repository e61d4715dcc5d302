using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Ports;

/// <summary>Brings a desired state to its device's retained topic. Returns when the broker has it; throws when there is no broker.</summary>
public interface IDesiredStatePublisher
{
    Task PublishAsync(DesiredState desired, CancellationToken cancellationToken);
}

/// <summary>Makes a variant: the only door from grains to the compression engine.</summary>
public interface IVariantProducer
{
    /// <summary>Produces, executes and measures; returns Ready or Refused, or Failed with the reason. Throws only for a broken world (disk, memory).</summary>
    Task<VariantInfo> ProduceAsync(ModelManifest manifest, CompressionProfile profile, CancellationToken cancellationToken);
}

/// <summary>What grains tell to those who look at the whole fleet. Never waits, never throws; the last word of each entity wins.</summary>
public interface IFleetProjection
{
    void DeviceChanged(DeviceView device);

    void ModelChanged(ModelView model);

    void RolloutChanged(RolloutInfo rollout);
}

/// <summary>Who is in the fleet.</summary>
public interface IFleetDirectory
{
    /// <summary>Every device that ever registered, in ordinal order of id.</summary>
    Task<IReadOnlyList<DeviceView>> ListDevicesAsync(CancellationToken cancellationToken);
}
