using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Identity;

/// <summary>
/// The fleet's own CA (ECDSA P-256), made at the first start: it signs the broker's certificate, the silo's and every device's.
/// Files lie in the identity folder; losing <c>authority.key.pem</c> means that every device enrols again.
/// </summary>
internal sealed class CertificateAuthority : IDisposable
{
    private const int AuthorityYears = 20;
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    /// <summary>A device whose clock is behind by up to this much still takes a fresh certificate for valid.</summary>
    private static readonly TimeSpan s_clockSkew = TimeSpan.FromHours(1);

    private readonly X509Certificate2 _authority;
    private readonly IdentityOptions _options;
    private readonly TimeProvider _time;

    private CertificateAuthority(string folder, X509Certificate2 authority, IdentityOptions options, TimeProvider time)
    {
        _authority = authority;
        _options = options;
        _time = time;
        AuthorityFile = Path.Combine(folder, "authority.pem");
        Broker = new KeyPair(Path.Combine(folder, "broker.pem"), Path.Combine(folder, "broker.key.pem"));
        Silo = new KeyPair(Path.Combine(folder, "silo.pem"), Path.Combine(folder, "silo.key.pem"));
    }

    /// <summary>By which everyone knows everyone else.</summary>
    public string AuthorityFile { get; }

    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>The broker's server certificate.</summary>
    public KeyPair Broker { get; }

    /// <summary>The silo's client certificate, named <c>silo</c>.</summary>
    public KeyPair Silo { get; }

    /// <summary>Reads the CA, or makes one where there is none.</summary>
    /// <exception cref="StartupException">Its files are damaged or one of them is gone; names it and the cure.</exception>
    public static CertificateAuthority Open(string folder, IdentityOptions options, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var files = new KeyPair(Path.Combine(folder, "authority.pem"), Path.Combine(folder, "authority.key.pem"));

        // Without a certificate nobody has seen the key yet: a start that was killed half way is begun again.
        var authority = File.Exists(files.CertificateFile) ? files.Load() : Make(files, time.GetUtcNow());
        return authority is null
            ? throw new StartupException(
                $"the certificate authority is damaged: {files.CertificateFile} and {files.KeyFile} are not a pair",
                "put back a copy of both, or remove both to make a new one (then every device enrols again).")
            : new CertificateAuthority(folder, authority, options, time);
    }

    /// <summary>Makes or renews the broker's and the silo's certificates where they are missing, past two thirds of their time, or for other names.</summary>
    /// <param name="brokerNames">Names and addresses by which the broker is reached.</param>
    /// <returns>True when the broker's certificate is a new one.</returns>
    public bool RenewOwn(IEnumerable<string> brokerNames)
    {
        var names = new[] { "localhost", "127.0.0.1", "::1", Dns.GetHostName() }
            .Concat(_options.BrokerNames).Concat(brokerNames).Where(n => n.Length > 0).Select(n => n.ToLowerInvariant())
            .Distinct().Order(StringComparer.Ordinal).ToArray();
        if (!IsCurrent(Silo, []))
        {
            Issue(Silo, ReservedNames.Silo, [], ClientAuth);
        }

        if (IsCurrent(Broker, names))
        {
            return false;
        }

        Issue(Broker, "broker", names, ServerAuth);
        return true;
    }

    /// <summary>Signs a device's request: the certificate carries the device id as its only name, and holds from an hour ago for the configured days.</summary>
    /// <param name="signingRequestPem">PKCS#10, at most 16 KiB, ECDSA P-256, subject exactly <c>CN=device id</c>.</param>
    /// <returns>PEM.</returns>
    /// <exception cref="SigningRequestException">The request is malformed, not signed by its key, of another kind, or for another name.</exception>
    public string SignDevice(string signingRequestPem, DeviceId device)
    {
        if (ReservedNames.Contains(device.Value))
        {
            throw new SigningRequestException($"'{device}' is reserved; give the device another id.");
        }

        var key = SigningRequest.Check(signingRequestPem, device);
        return Sign(device.Value, key, [], ClientAuth, _options.DeviceDays).ExportCertificatePem();
    }

    public void Dispose() => _authority.Dispose();

    private static X509Certificate2 Make(KeyPair files, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=EdgeFleet authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var certificate = request.CreateSelfSigned(now - s_clockSkew, now.AddYears(AuthorityYears));
        files.Save(certificate.ExportCertificatePem(), key);
        return certificate;
    }

    private bool IsCurrent(KeyPair files, string[] names)
    {
        using var certificate = files.Load();
        if (certificate is null || !certificate.IssuerName.RawData.AsSpan().SequenceEqual(_authority.SubjectName.RawData))
        {
            return false;
        }

        var from = certificate.NotBefore.ToUniversalTime();
        var renewAt = from + ((certificate.NotAfter.ToUniversalTime() - from) * (2.0 / 3));
        var now = _time.GetUtcNow().UtcDateTime;
        return now >= from && now < renewAt && names.SequenceEqual(NamesOf(certificate)) && IsSignedByAuthority(certificate);
    }

    private bool IsSignedByAuthority(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        return chain.Build(certificate);
    }

    private static string[] NamesOf(X509Certificate2 certificate) => [.. certificate.Extensions
        .OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
        .Order(StringComparer.Ordinal)];

    private void Issue(KeyPair files, string name, string[] alternatives, string purpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Sign(name, new PublicKey(key), alternatives, purpose, _options.ServerDays);
        files.Save(certificate.ExportCertificatePem(), key);
    }

    private X509Certificate2 Sign(string name, PublicKey key, string[] alternatives, string purpose, int days)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        if (alternatives.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var alternative in alternatives)
            {
                if (IPAddress.TryParse(alternative, out var address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(alternative);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        var now = _time.GetUtcNow();
        var end = now.AddDays(days);
        var last = new DateTimeOffset(_authority.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        return request.Create(_authority, now - s_clockSkew, end < last ? end : last, RandomNumberGenerator.GetBytes(16));
    }
}
