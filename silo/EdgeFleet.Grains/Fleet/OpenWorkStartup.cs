using EdgeFleet.Contracts.Ids;
using EdgeFleet.GrainContracts;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Fleet;

/// <summary>Takes up again what the last stop or crash interrupted.</summary>
internal sealed partial class OpenWorkStartup(IGrainFactory grains, ILogger<OpenWorkStartup> logger) : IStartupTask
{
    public async Task Execute(CancellationToken cancellationToken)
    {
        var open = await grains.GetGrain<IFleetGrain>(IFleetGrain.Key).GetOpenWork();
        foreach (var key in open.Productions)
        {
            // To look at a variant activates it, and an activation takes up its interrupted production.
            await TryAsync(key, async () =>
            {
                if ((await grains.GetGrain<IVariantGrain>(key).Describe()).Status != Contracts.Models.VariantStatus.Producing)
                {
                    await grains.GetGrain<IFleetGrain>(IFleetGrain.Key).ProductionClosed(key);
                }
            });
        }

        foreach (var rollout in open.Rollouts)
        {
            await TryAsync(rollout.Value, () => grains.GetGrain<IRolloutGrain>(rollout.Value).Poke());
        }

        if (open.Rollouts.Count + open.Productions.Count > 0)
        {
            LogTakenUp(open.Rollouts.Count, open.Productions.Count);
        }
    }

    private async Task TryAsync(string name, Func<Task> take)
    {
        try
        {
            await take();
        }
        catch (Exception e)
        {
            // One broken piece of work must not keep the silo down; a reminder tries it again.
            LogNotTakenUp(name, e);
        }
    }

    [LoggerMessage(EventId = 2301, Level = LogLevel.Information, Message = "Taken up again: {Rollouts} rollouts, {Productions} productions")]
    private partial void LogTakenUp(int rollouts, int productions);

    [LoggerMessage(EventId = 2302, Level = LogLevel.Error, Message = "{Work} could not be taken up again")]
    private partial void LogNotTakenUp(string work, Exception exception);
}
