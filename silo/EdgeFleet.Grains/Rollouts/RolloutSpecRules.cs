using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Grains.Rollouts;

/// <summary>What a specification must keep to, checked before it is stored.</summary>
public static class RolloutSpecRules
{
    /// <summary>Devices that one rollout may name.</summary>
    public const int MaxDevices = 20_000;

    /// <summary>The first rule that is broken, in words; null when none is.</summary>
    public static string? Violation(RolloutSpec spec) => spec switch
    {
        { Model.Value: null or "" } => "model is missing: write name:version.",
        { CanaryDevices: < 1 } => $"canaryDevices is {spec.CanaryDevices}: at least 1.",
        { SuccessThreshold: not (>= 0 and <= 1) } => $"successThreshold is {spec.SuccessThreshold}: a share from 0 to 1.",
        { ErrorThreshold: not (>= 0 and <= 1) } => $"errorThreshold is {spec.ErrorThreshold}: a share from 0 to 1.",
        { AgreementFloor: not (>= 0 and <= 1) } => $"agreementFloor is {spec.AgreementFloor}: a share from 0 to 1.",
        { Devices.Count: > MaxDevices } => $"devices names {spec.Devices.Count}: at most {MaxDevices}.",
        { Tags.Count: > 32 } => $"tags has {spec.Tags.Count} entries: at most 32.",
        { MostBytes: < 1 } => $"mostBytes is {spec.MostBytes}: at least 1.",
        _ when !Enum.IsDefined(spec.OnError) => $"onError is {spec.OnError}: pause or rollBack.",
        _ when spec.Soak < TimeSpan.Zero || spec.Soak > TimeSpan.FromDays(7) => $"soak is {spec.Soak}: from 0 to 7 days.",
        _ => null,
    };
}
