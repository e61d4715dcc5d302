using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Models;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.GrainContracts;

/// <summary>One model version. Key: the model id.</summary>
[Alias("edgefleet.model")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Takes in a checked model. The same bytes again change nothing.</summary>
    /// <exception cref="InvalidOperationException">Another model is already stored under this id.</exception>
    [Alias("publish")]
    Task Publish(ModelManifest manifest);

    /// <summary>The manifest, or null when nothing was uploaded under this id.</summary>
    [Alias("manifest")]
    [AlwaysInterleave]
    Task<ModelManifest?> GetManifest();

    /// <summary>The manifest with all variants asked for so far, or null.</summary>
    [Alias("describe")]
    [AlwaysInterleave]
    Task<ModelView?> Describe();

    /// <summary>The variant of a profile; asks for its production when nobody did yet. Returns at once: the status says where it stands.</summary>
    [Alias("variant")]
    Task<VariantInfo> EnsureVariant(CompressionProfile profile);

    /// <summary>Selects the profile for a device, knowing which variants were refused.</summary>
    /// <param name="allowed">Profiles that may be chosen; empty allows all.</param>
    /// <exception cref="InvalidOperationException">Nothing was uploaded under this id.</exception>
    [Alias("select")]
    [AlwaysInterleave]
    Task<ProfileChoice> Select(DeviceCapabilities capabilities, IReadOnlyList<CompressionProfile> allowed);

    /// <summary>A variant of this model ended its production; tells those who watch.</summary>
    [Alias("variant-changed")]
    [OneWay]
    Task VariantChanged(VariantInfo variant);
}

/// <summary>The profile for a device, and why.</summary>
/// <param name="Profile">The choice; null when none suits.</param>
/// <param name="Reason">In words: <c>int8-reduced: AVX2 without VNNI; 64 MB limit excludes fp32</c>.</param>
/// <param name="Alternatives">What to take when the choice can't be produced, best first.</param>
[Alias("edgefleet.profile-choice")]
public sealed record ProfileChoice(CompressionProfile? Profile, string Reason, IReadOnlyList<CompressionProfile> Alternatives);
