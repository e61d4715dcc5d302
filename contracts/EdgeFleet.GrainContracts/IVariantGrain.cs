using EdgeFleet.Contracts.Models;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.GrainContracts;

/// <summary>One variant. Key: <see cref="VariantKey"/>. However many ask at once, it is produced once; what a crash interrupted is produced again.</summary>
[Alias("edgefleet.variant")]
public interface IVariantGrain : IGrainWithStringKey
{
    /// <summary>Starts production where it is needed (never asked for, or failed) and returns the present status at once.</summary>
    /// <exception cref="ArgumentException">The manifest is of another variant than the key says.</exception>
    [Alias("ensure")]
    Task<VariantInfo> Ensure(ModelManifest manifest);

    /// <summary>Waits until production ended, at most for <paramref name="atMost"/> (and never over 20 s: ask again), and returns the status then.</summary>
    [Alias("wait")]
    [AlwaysInterleave]
    Task<VariantInfo> WaitUntilEnded(TimeSpan atMost);

    /// <summary>The present status.</summary>
    [Alias("describe")]
    [AlwaysInterleave]
    Task<VariantInfo> Describe();
}
