using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Contracts.Rollouts;

/// <summary>What a rollout does when its error threshold is passed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ErrorAction>))]
public enum ErrorAction
{
    Pause,
    RollBack,
}

/// <summary>What an operator asks for.</summary>
/// <param name="Model">The model to bring to the fleet.</param>
/// <remarks>Not changed after it was made. The setters are for the source-generated JSON reader, which would null the defaults of init-only properties.</remarks>
public sealed record RolloutSpec(ModelId Model)
{
    /// <summary>Devices by id; empty selects all, or those with all of <see cref="Tags"/>.</summary>
    public IReadOnlyList<DeviceId> Devices { get; set; } = [];

    /// <summary>Tags which a device must carry, all of them.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; set; } = new Dictionary<string, string>();

    /// <summary>Devices in the first wave, the canary; at least 1.</summary>
    public int CanaryDevices { get; set; } = 1;

    /// <summary>Share in [0, 1] of a wave's *completed* devices that must be proved before the next wave opens.</summary>
    public double SuccessThreshold { get; set; } = 1.0;

    /// <summary>Share in [0, 1] of a wave's *completed* devices which may fail; above it the error action is taken.</summary>
    public double ErrorThreshold { get; set; }

    /// <summary>What happens above the error threshold.</summary>
    public ErrorAction OnError { get; set; } = ErrorAction.RollBack;

    /// <summary>Share in [0, 1] of a device's recent inputs on which new and serving variant must agree.</summary>
    public double AgreementFloor { get; set; } = 0.9;

    /// <summary>How long each device must serve the new variant without error before it is proved.</summary>
    public TimeSpan Soak { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Profiles that may be chosen; empty allows all.</summary>
    public IReadOnlyList<CompressionProfile> Profiles { get; set; } = [];

    /// <summary>Largest variant, in bytes, that a device is sent: for slow or paid links; at least 1. Null: any.</summary>
    public long? MostBytes { get; set; }
}
