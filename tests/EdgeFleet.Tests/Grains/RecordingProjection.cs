using System.Collections.Concurrent;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Grains.Ports;

namespace EdgeFleet.Tests.Grains;

/// <summary>The last word of each entity, and the list of devices made of it.</summary>
internal sealed class RecordingProjection : IFleetProjection, IFleetDirectory
{
    public ConcurrentDictionary<DeviceId, DeviceView> Devices { get; } = new();

    public ConcurrentDictionary<ModelId, ModelView> Models { get; } = new();

    public ConcurrentDictionary<RolloutId, RolloutInfo> Rollouts { get; } = new();

    public void DeviceChanged(DeviceView device) => Devices[device.Device] = device;

    public void ModelChanged(ModelView model) => Models[model.Manifest.Model] = model;

    public void RolloutChanged(RolloutInfo rollout) => Rollouts[rollout.Rollout] = rollout;

    public Task<IReadOnlyList<DeviceView>> ListDevicesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DeviceView>>([.. Devices.Values.Where(d => d.Capabilities is not null).OrderBy(d => d.Device.Value, StringComparer.Ordinal)]);
}
