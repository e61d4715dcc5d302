using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Silo.Storage;

namespace EdgeFleet.Silo.Api;

/// <summary>What a rollout may ask for.</summary>
internal static class RolloutRules
{
    private const int MostDevices = 100_000;
    private const int MostTags = 64;
    private static readonly TimeSpan LongestSoak = TimeSpan.FromDays(30);

    /// <exception cref="ApiException">400 that names the field and its range.</exception>
    public static void Check(RolloutSpec spec, FleetStore fleet)
    {
        Share(spec.SuccessThreshold, "successThreshold");
        Share(spec.ErrorThreshold, "errorThreshold");
        Share(spec.AgreementFloor, "agreementFloor");
        Require(spec.CanaryDevices >= 1, $"canaryDevices is {spec.CanaryDevices}: at least 1.");
        Require(spec.Soak >= TimeSpan.Zero && spec.Soak <= LongestSoak, $"soak is {spec.Soak}: between 0 and {LongestSoak.TotalDays} days.");
        Require(Enum.IsDefined(spec.OnError), $"onError is {(int)spec.OnError}: {string.Join(" or ", Enum.GetNames<ErrorAction>())}.");
        Require(spec.Devices is { Count: <= MostDevices }, $"devices: at most {MostDevices}.");
        Require(spec.Tags is { Count: <= MostTags } && spec.Tags.All(t => t.Value is not null), $"tags: at most {MostTags}, none null.");
        Require(spec.Profiles is not null, "profiles is null: leave it out, or give a list.");
        Require(spec.MostBytes is null or >= 1, $"mostBytes is {spec.MostBytes}: at least 1.");
        foreach (var device in spec.Devices)
        {
            Require(fleet.Device(device) is not null, $"There is no device '{device}': it has not registered yet.");
        }
    }

    private static void Share(double value, string name) => Require(value is >= 0 and <= 1, $"{name} is {value}: a share between 0 and 1.");

    private static void Require(bool kept, string rule)
    {
        if (!kept)
        {
            throw ApiException.BadRequest(rule);
        }
    }
}
