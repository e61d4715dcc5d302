using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.State;

/// <summary>A variant on this device's disk, with all that is needed to serve it again without any network.</summary>
internal sealed record InstalledVariant(
    ArtifactRef Variant,
    ArtifactRef Golden,
    ModelId Model,
    CompressionProfile Profile,
    InputScaling Input)
{
    public static InstalledVariant Of(DesiredState desired) =>
        new(desired.Variant, desired.Golden, desired.Model, desired.Profile, desired.Input);

    /// <summary>True where both give the same answers: the same bytes, fed in the same way.</summary>
    public bool ServesLike(InstalledVariant other) => Variant == other.Variant && Input == other.Input;
}
