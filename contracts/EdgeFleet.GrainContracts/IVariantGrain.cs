using EdgeFleet.Contracts.Models;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.GrainContracts;

/// <summary>One variant. Key: <c>{sha256 of the source}/{profile}/{sha256 of the calibration data, or -}</c>. However many ask at once, it is produced once.</summary>
[Alias("edgefleet.variant")]
public interface IVariantGrain : IGrainWithStringKey
{
    /// <summary>Starts production where it is needed and returns the present status at once.</summary>
    [Alias("ensure")]
    Task<VariantInfo> Ensure(ModelManifest manifest);

    /// <summary>Waits until production ended, at most for <paramref name="atMost"/>, and returns the status then.</summary>
    [Alias("wait")]
    [AlwaysInterleave]
    Task<VariantInfo> WaitUntilEnded(TimeSpan atMost);

    /// <summary>The present status.</summary>
    [Alias("describe")]
    [AlwaysInterleave]
    Task<VariantInfo> Describe();
}
