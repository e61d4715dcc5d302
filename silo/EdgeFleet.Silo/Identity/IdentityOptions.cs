using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Identity;

/// <summary>Certificates that the silo issues. Section <c>Identity</c>.</summary>
internal sealed class IdentityOptions
{
    public const string Section = "Identity";

    /// <summary>How long a device's certificate holds, in days. 1 to 825; default 30.</summary>
    [Range(1, 825)]
    public int DeviceDays { get; set; } = 30;

    /// <summary>How long the broker's and the silo's own certificates hold, in days; renewed at two thirds. 1 to 825; default 90.</summary>
    [Range(1, 825)]
    public int ServerDays { get; set; } = 90;

    /// <summary>Further names and addresses by which devices reach the broker, besides loopback, the host's name and <c>Mqtt:Host</c>.</summary>
    public IList<string> BrokerNames { get; } = [];
}

[OptionsValidator]
internal sealed partial class IdentityOptionsValidator : IValidateOptions<IdentityOptions>;
