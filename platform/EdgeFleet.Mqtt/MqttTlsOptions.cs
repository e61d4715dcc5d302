namespace EdgeFleet.Mqtt;

/// <summary>TLS 1.2+ with an optional client certificate; all files PEM, read again at every connect, so renewed ones are taken up.</summary>
/// <param name="AuthorityFile">Certificates that the broker's certificate must lead to.</param>
public sealed record MqttTlsOptions(string AuthorityFile, string? CertificateFile, string? KeyFile)
{
    /// <summary>False skips the host name check (a broker reached by an address that its certificate does not name).</summary>
    public bool VerifyHostName { get; init; } = true;
}
