using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using Microsoft.Extensions.Logging;
using Orleans;

namespace EdgeFleet.Grains.Variants;

/// <content>The production: the work on the thread pool, its beginning and end on the activation's scheduler, between the turns.</content>
internal sealed partial class VariantGrain
{
    /// <summary>No production runs longer; the activation stays as long.</summary>
    private static readonly TimeSpan ProductionLimit = TimeSpan.FromHours(2);

    private readonly CancellationTokenSource _ending = new();

    /// <summary>Until the result is stored and told; null when nothing is under way.</summary>
    private Task? _production;

    private void StartProduction(ModelManifest manifest)
    {
        DelayDeactivation(ProductionLimit);
        _production = ProduceAsync(manifest);
    }

    private async Task StopProductionAsync()
    {
        // The status stays at Producing: the next activation produces again.
        await _ending.CancelAsync();
        if (_production is { } production)
        {
            await production;
        }
    }

    private async Task ProduceAsync(ModelManifest manifest)
    {
        try
        {
            var result = await ResultAsync(manifest);
            if (_ending.IsCancellationRequested)
            {
                return;
            }

            store.State.Info = VariantResults.Storable(result with { Source = manifest.Artifact.Sha256, Profile = Profile, ProducedAt = time.GetUtcNow() });
            store.State.Manifest = null;
            await SaveAsync();
            LogEnded(manifest.Model, Profile, result.Status, result.Message ?? "");
            await GrainFactory.GetGrain<IFleetGrain>(IFleetGrain.Key).ProductionClosed(Key);
        }
        catch (Exception e)
        {
            LogNotStored(manifest.Model, Profile, e);
            return;
        }
        finally
        {
            _production = null;
            DelayDeactivation(TimeSpan.FromSeconds(-1));
        }

        await TellAsync();
    }

    /// <summary>After the end, so that whoever hears of a failure can ask again at once.</summary>
    private async Task TellAsync()
    {
        foreach (var model in store.State.Models.ToArray())
        {
            try
            {
                await GrainFactory.GetGrain<IModelGrain>(model.Value).VariantChanged(Info);
            }
            catch (Exception e)
            {
                LogNotStored(model, Profile, e);
            }
        }
    }

    private async Task<VariantInfo> ResultAsync(ModelManifest manifest)
    {
        var profile = Profile;
        using var limit = new CancellationTokenSource(ProductionLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ending.Token);
        var token = either.Token;
        try
        {
            // Off the activation's scheduler: compression is long and must not hold up the turns of this or any other grain.
            var result = await Task.Run(() => producer.ProduceAsync(manifest, profile, token), CancellationToken.None);
            return VariantResults.Complete(result);
        }
        catch (Exception e)
        {
            if (!_ending.IsCancellationRequested)
            {
                LogFailed(manifest.Model, profile, e);
            }

            var why = limit.IsCancellationRequested ? $"production took longer than {ProductionLimit.TotalHours:0} h" : e.Message;
            return new VariantInfo(manifest.Artifact.Sha256, profile, VariantStatus.Failed, null, null, null, why, null);
        }
    }

    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "Variant {Profile} of {Model} is {Status} {Detail}")]
    private partial void LogEnded(ModelId model, CompressionProfile profile, VariantStatus status, string detail);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Error, Message = "Variant {Profile} of {Model} could not be produced")]
    private partial void LogFailed(ModelId model, CompressionProfile profile, Exception exception);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Error, Message = "The end of variant {Profile} of {Model} could not be stored or told; what is stored counts, and it is taken up again from there")]
    private partial void LogNotStored(ModelId model, CompressionProfile profile, Exception exception);
}
