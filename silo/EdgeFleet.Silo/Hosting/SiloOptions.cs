using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Hosting;

/// <summary>Where the silo listens and keeps its things. Section <c>Silo</c>.</summary>
internal sealed class SiloOptions
{
    public const string Section = "Silo";

    /// <summary>Where the API and the dashboard listen: http, loopback by default; port 0 takes a free one.</summary>
    [Required]
    public string Url { get; set; } = "http://127.0.0.1:5080";

    /// <summary>Folder of everything that the silo keeps; made when it is not there. One silo per folder.</summary>
    [Required]
    public string Data { get; set; } = Path.Combine(".data", "silo");

    /// <summary>How long a stop waits for requests, deliveries and grains. 1 s to 5 min.</summary>
    [Range(1, 300)]
    public int ShutdownSeconds { get; set; } = 15;
}

[OptionsValidator]
internal sealed partial class SiloOptionsValidator : IValidateOptions<SiloOptions>;

/// <summary>What attributes can't say: the URL must be one that Kestrel can listen on.</summary>
internal sealed class SiloUrlValidator : IValidateOptions<SiloOptions>
{
    public ValidateOptionsResult Validate(string? name, SiloOptions options) =>
        Uri.TryCreate(options.Url, UriKind.Absolute, out var url) && url.Scheme is "http" && url.PathAndQuery == "/"
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Silo:Url (--url) '{options.Url}' is not an http address: write http://HOST:PORT, such as http://127.0.0.1:5080.");
}
