using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>The broker: one that the silo starts and watches over, or one that runs elsewhere. Section <c>Mqtt</c>.</summary>
internal sealed class MqttOptions
{
    public const string Section = "Mqtt";

    /// <summary>Name or address by which devices reach the broker.</summary>
    [Required]
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>TLS port. 0 takes a free one and keeps it for the next start. Default 8883.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; } = 8883;

    /// <summary>Address on which the silo's own broker listens; null listens on <see cref="Host"/>. 0.0.0.0 listens everywhere.</summary>
    public string? Listen { get; set; }

    /// <summary>True uses a broker that runs elsewhere, at <see cref="Host"/> and <see cref="Port"/>; then the three files below are needed.</summary>
    public bool External { get; set; }

    /// <summary>External only, PEM: who vouches for the broker's certificate. The broker must take client certificates of the silo's own authority.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>External only, PEM: the silo's client certificate; null takes the one of the silo's own authority.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>External only, PEM: its key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Own broker only: the program; null looks for <c>mosquitto</c> on the PATH and in /usr/sbin.</summary>
    public string? Executable { get; set; }

    /// <summary>Own broker only: largest packet, in bytes. 64 KiB to 256 MiB; default 2 MiB, twice the largest chunk.</summary>
    [Range(65_536, 268_435_455)]
    public int MaxPacketBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>Own broker only: QoS 1 messages that may wait for one client; more are dropped. Default 10,000.</summary>
    [Range(100, 1_000_000)]
    public int MaxQueuedMessages { get; set; } = 10_000;

    /// <summary>Own broker only: bytes that may wait for one client. Default 256 MiB.</summary>
    [Range(1_048_576, 2_000_000_000)]
    public int MaxQueuedBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Own broker only: QoS 1 messages in flight to one client. Default 100.</summary>
    [Range(1, 65_535)]
    public int MaxInflight { get; set; } = 100;

    /// <summary>Own broker only: how often it stores retained messages and sessions, in seconds; what a crash can lose. Default 5.</summary>
    [Range(1, 3600)]
    public int AutosaveSeconds { get; set; } = 5;

    /// <summary>Own broker only: true lets the API stop it for a while (<c>POST /api/v1/broker/stop</c>); for demonstrations and tests.</summary>
    public bool AllowStop { get; set; }
}

[OptionsValidator]
internal sealed partial class MqttOptionsValidator : IValidateOptions<MqttOptions>;

/// <summary>What attributes can't say: which settings belong together.</summary>
internal sealed class MqttRelationsValidator : IValidateOptions<MqttOptions>
{
    public ValidateOptionsResult Validate(string? name, MqttOptions options)
    {
        if (!IsHost(options.Host) || (options.Listen is not null && !IsHost(options.Listen)))
        {
            return ValidateOptionsResult.Fail($"Mqtt:Host '{options.Host}' or Mqtt:Listen '{options.Listen}' is no host name or address.");
        }

        if (!options.External)
        {
            return ValidateOptionsResult.Success;
        }

        if (options.Port == 0)
        {
            return ValidateOptionsResult.Fail("Mqtt:Port is 0, but Mqtt:External is true: give the port of the broker.");
        }

        if (options.AuthorityFile is null)
        {
            return ValidateOptionsResult.Fail("Mqtt:External is true, but Mqtt:AuthorityFile is not set: give the PEM file that vouches for the broker.");
        }

        if ((options.CertificateFile is null) != (options.KeyFile is null))
        {
            return ValidateOptionsResult.Fail($"Mqtt:CertificateFile '{options.CertificateFile}' and Mqtt:KeyFile '{options.KeyFile}' go together.");
        }

        (string Setting, string? File)[] files =
        [
            (nameof(options.AuthorityFile), options.AuthorityFile),
            (nameof(options.CertificateFile), options.CertificateFile),
            (nameof(options.KeyFile), options.KeyFile),
        ];
        var missing = files.FirstOrDefault(f => f.File is not null && !File.Exists(f.File));
        return missing.File is null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Mqtt:{missing.Setting}: the file {missing.File} is missing or may not be read.");
    }

    private static bool IsHost(string host) => Uri.CheckHostName(host) != UriHostNameType.Unknown;
}
