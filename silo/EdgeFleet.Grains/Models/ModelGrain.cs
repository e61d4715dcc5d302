using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains.Ports;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Models;

/// <summary>One model version: its manifest, and which variants were asked for. What became of those, their own grains know.</summary>
internal sealed class ModelGrain(
    [PersistentState("model", GrainStores.Default)] IPersistentState<ModelState> store,
    IFleetProjection projection) : Grain, IModelGrain
{
    private ModelManifest Manifest => store.State.Manifest
        ?? throw new InvalidOperationException($"There is no model {this.GetPrimaryKeyString()}: upload it first.");

    public async Task Publish(ModelManifest manifest)
    {
        if (manifest.Model.Value != this.GetPrimaryKeyString())
        {
            throw new ArgumentException($"The manifest is of {manifest.Model}, and this is {this.GetPrimaryKeyString()}.", nameof(manifest));
        }

        if (store.State.Manifest is { } known)
        {
            if (known.Artifact != manifest.Artifact || known.Calibration != manifest.Calibration || known.Labels != manifest.Labels || known.Input != manifest.Input)
            {
                throw new InvalidOperationException(
                    $"Model {known.Model} is already stored with other bytes, data or scaling ({known.Artifact.Sha256.Short}): a version never changes, upload it as a new one.");
            }

            return;
        }

        store.State.Manifest = manifest;
        await SaveAsync();
        projection.ModelChanged(new ModelView(manifest, []));
    }

    public Task<ModelManifest?> GetManifest() => Task.FromResult(store.State.Manifest);

    public async Task<ModelView?> Describe() => store.State.Manifest is { } manifest ? await ViewAsync(manifest) : null;

    public async Task<VariantInfo> EnsureVariant(CompressionProfile profile)
    {
        var manifest = Manifest;
        var asked = store.State.Asked.Contains(profile);
        if (!asked)
        {
            store.State.Asked.Add(profile);
            await SaveAsync();
        }

        var info = await Variant(manifest, profile).Ensure(manifest);
        if (!asked)
        {
            projection.ModelChanged(await ViewAsync(manifest));
        }

        return info;
    }

    public async Task<ProfileChoice> Select(DeviceCapabilities capabilities, IReadOnlyList<CompressionProfile> allowed) =>
        ProfileSelector.Choose(capabilities, Manifest, allowed, await VariantsAsync(Manifest));

    public async Task VariantChanged(VariantInfo variant)
    {
        if (store.State.Manifest is { } manifest)
        {
            var view = await ViewAsync(manifest);
            projection.ModelChanged(view with { Variants = [.. view.Variants.Select(v => v.Profile == variant.Profile ? variant : v)] });
        }
    }

    private IVariantGrain Variant(ModelManifest manifest, CompressionProfile profile) =>
        GrainFactory.GetGrain<IVariantGrain>(VariantKey.Of(manifest, profile));

    private async Task<ModelView> ViewAsync(ModelManifest manifest) => new(manifest, await VariantsAsync(manifest));

    private Task<VariantInfo[]> VariantsAsync(ModelManifest manifest) =>
        Task.WhenAll(store.State.Asked.ToArray().Select(p => Variant(manifest, p).Describe()));

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
