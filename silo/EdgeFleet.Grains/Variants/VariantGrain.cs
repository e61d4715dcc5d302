using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains.Fleet;
using EdgeFleet.Grains.Ports;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Variants;

/// <summary>One variant. The first who asks starts its production, which runs beside the turns (<c>VariantGrain.Production.cs</c>).</summary>
internal sealed partial class VariantGrain(
    [PersistentState("variant", GrainStores.Default)] IPersistentState<VariantState> store,
    IVariantProducer producer,
    TimeProvider time,
    ILogger<VariantGrain> logger) : Grain, IVariantGrain, IDisposable
{
    /// <summary>Models that hear of the end.</summary>
    private const int MaxModels = 16;

    /// <summary>Below the time after which a call counts as lost.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private string Key => this.GetPrimaryKeyString();

    private CompressionProfile Profile => VariantKey.ProfileOf(Key);

    /// <summary>What may be said: an end only when it is stored.</summary>
    private VariantInfo Info => _production is not null ? Blank(VariantStatus.Producing) : store.State.Info ?? Blank(VariantStatus.None);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // What a crash interrupted is produced again: a status of Producing never outlives its production for long.
        if (store.State is { Info.Status: VariantStatus.Producing, Manifest: { } manifest })
        {
            StartProduction(manifest);
        }

        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => StopProductionAsync();

    public void Dispose() => _ending.Dispose();

    public async Task<VariantInfo> Ensure(ModelManifest manifest)
    {
        if (VariantKey.Of(manifest, Profile) != Key)
        {
            throw new ArgumentException($"The manifest of {manifest.Model} is of the variant {VariantKey.Of(manifest, Profile)}, and this is {Key}.", nameof(manifest));
        }

        var isNew = !store.State.Models.Contains(manifest.Model);
        if (isNew)
        {
            store.State.Models.Add(manifest.Model);
            if (store.State.Models.Count > MaxModels)
            {
                store.State.Models.RemoveAt(0);
            }
        }

        if (_production is null && Info.Status is VariantStatus.None or VariantStatus.Failed)
        {
            await GrainFactory.GetGrain<IFleetGrain>(IFleetGrain.Key).ProductionOpened(Key);
            store.State.Manifest = manifest;
            store.State.Info = Blank(VariantStatus.Producing);
            await SaveAsync();
            StartProduction(manifest);
        }
        else if (isNew && _production is null)
        {
            await SaveAsync();
        }

        return Info;
    }

    public async Task<VariantInfo> WaitUntilEnded(TimeSpan atMost)
    {
        if (_production is { } production)
        {
            var wait = atMost < TimeSpan.Zero ? TimeSpan.Zero : atMost > LongestWait ? LongestWait : atMost;
            using var enough = new CancellationTokenSource();
            await Task.WhenAny(production, Task.Delay(wait, time, enough.Token));
            await enough.CancelAsync();
        }

        return Info;
    }

    public Task<VariantInfo> Describe() => Task.FromResult(Info);

    private VariantInfo Blank(VariantStatus status) => new(Sha256Digest.Parse(Key.Split('/')[0]), Profile, status, null, null, null, null, null);

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
    }
}
