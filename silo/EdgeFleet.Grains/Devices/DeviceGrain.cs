using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains.Ports;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Devices;

/// <summary>One device: what it is, what it shall run, what it says it runs, and what it did.</summary>
/// <remarks>
/// Every change is stored before anybody hears of it, so that a restart at any instant repeats a message but never invents one. A desired
/// state is published beside the turns, again and again until the broker has it (<c>DeviceGrain.Publishing.cs</c>).
/// </remarks>
internal sealed partial class DeviceGrain(
    [PersistentState("device", GrainStores.Default)] IPersistentState<DeviceState> store,
    IDesiredStatePublisher publisher,
    IFleetProjection projection,
    TimeProvider time,
    ILogger<DeviceGrain> logger) : Grain, IDeviceGrain, IDisposable
{
    private DeviceId Id => new(this.GetPrimaryKeyString());

    private DeviceState State => store.State;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        PublishWhereBehind();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => StopPublishingAsync();

    public void Dispose() => _ending.Dispose();

    public async Task Register(DeviceRegistration registration)
    {
        if (DeviceReports.Fault(registration) is { } fault)
        {
            await CountRejectedMessage(fault);
            return;
        }

        var before = State.Registration?.Incarnation;
        if (!DeviceReports.Register(State, registration))
        {
            await CountRejectedMessage("registration of a replaced incarnation");
            return;
        }

        if (before is { } old && old != registration.Incarnation)
        {
            LogNewIncarnation(Id, old, registration.Incarnation);
        }

        Seen(online: true);
        await SaveAsync();
        PublishAgainWhereBehind();
    }

    public async Task SetPresence(Presence presence)
    {
        if (State.Online != presence.Online || State.LastSeen is null)
        {
            Seen(presence.Online);
            await SaveAsync();
        }

        if (presence.Online)
        {
            PublishAgainWhereBehind();
        }
    }

    public async Task<UpAck> Report(ReportedState reported)
    {
        if (!DeviceReports.Report(State, reported))
        {
            return Ack(UpKind.Reported, reported.Incarnation, State.Reported?.Incarnation == reported.Incarnation ? State.Reported.Sequence : 0);
        }

        Seen(online: true);
        RenumberWhereDeviceIsAhead(reported.Generation);
        DeviceAssignments.RememberProof(State, reported);
        await SaveAsync();
        PublishWhereBehind();
        if (State.Desired?.Rollout is { } rollout)
        {
            await GrainFactory.GetGrain<IRolloutGrain>(rollout.Value).DeviceReported(State.Reported!);
        }

        return Ack(UpKind.Reported, reported.Incarnation, reported.Sequence);
    }

    public async Task<UpAck> TakeTelemetry(TelemetryBatch batch)
    {
        if (!DeviceReports.IsOfPresentIncarnation(State, batch.Incarnation))
        {
            return Ack(UpKind.Telemetry, batch.Incarnation, 0);
        }

        if (DeviceTelemetry.Apply(State, batch))
        {
            Seen(State.Online);
            await SaveAsync();
        }
        else if (!DeviceTelemetry.IsPossible(batch))
        {
            await CountRejectedMessage("impossible counts");
        }

        return Ack(UpKind.Telemetry, batch.Incarnation, State.TelemetryUpTo);
    }

    public Task CountRejectedMessage(string reason)
    {
        // Not stored on its own: a hostile device must not be able to make us write. It goes along with the next change.
        if (State.MessagesRejected++ == 0)
        {
            LogRejected(Id, reason.Length > 200 ? reason[..200] : reason);
        }

        projection.DeviceChanged(View());
        return Task.CompletedTask;
    }

    public Task<DeviceView> Describe() => Task.FromResult(View());

    public async Task<DesiredState> Assign(VariantAssignment assignment)
    {
        if (DeviceAssignments.Assign(State, Id, assignment, time.GetUtcNow()))
        {
            await SaveAsync();
        }

        PublishWhereBehind();
        return State.Desired!;
    }

    public async Task<DesiredState?> Revert(RolloutId rollout)
    {
        if (DeviceAssignments.Revert(State, rollout, time.GetUtcNow(), out var result))
        {
            await SaveAsync();
        }

        PublishWhereBehind();
        return result;
    }

    public Task Republish() => State.Desired is { } desired ? PublishNowAsync(desired) : Task.CompletedTask;

    /// <summary>A device may remember more than a silo that was restored from an older copy: no generation is given out twice.</summary>
    private void RenumberWhereDeviceIsAhead(long generation)
    {
        if (generation <= State.Generation)
        {
            return;
        }

        State.Generation = generation;
        if (State.Desired is { } desired)
        {
            State.Desired = desired with { Generation = ++State.Generation, IssuedAt = time.GetUtcNow() };
        }
    }

    private void Seen(bool online)
    {
        State.Online = online;
        State.LastSeen = time.GetUtcNow();
    }

    private static UpAck Ack(string stream, Guid incarnation, long upTo) => new(stream, incarnation, upTo);

    private DeviceView View() => new(
        Id,
        State.Registration?.Capabilities,
        State.Registration?.Tags ?? new Dictionary<string, string>(),
        State.Registration?.AgentVersion,
        State.Online,
        State.LastSeen,
        State.Desired,
        State.Reported,
        State.Reason,
        [.. State.Totals],
        State.TelemetryUpTo,
        State.MessagesRejected);

    private async Task SaveAsync()
    {
        try
        {
            await store.WriteStateAsync();
        }
        catch
        {
            // What is in memory may be ahead of what is stored: the next call starts from the store.
            DeactivateOnIdle();
            throw;
        }

        projection.DeviceChanged(View());
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Device {Device} comes back as a new incarnation: {Old} is now {New}; its sequences start again")]
    private partial void LogNewIncarnation(DeviceId device, Guid old, Guid @new);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Warning, Message = "A message of device {Device} was rejected and counted, and so will later ones be: {Reason}")]
    private partial void LogRejected(DeviceId device, string reason);
}
