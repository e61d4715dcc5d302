using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt;

namespace EdgeFleet.Agent.Registration;

/// <summary>Key, certificate, authority and broker address in the data folder; the key is readable by its owner only.</summary>
internal sealed class IdentityStore(string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string KeyPath => Path.Combine(folder, "key.pem");

    private string CertificatePath => Path.Combine(folder, "certificate.pem");

    private string AuthorityPath => Path.Combine(folder, "authority.pem");

    private string IdentityPath => Path.Combine(folder, "identity.json");

    /// <summary>The files that the MQTT link needs.</summary>
    public MqttTlsOptions Tls => new(AuthorityPath, CertificatePath, KeyPath);

    /// <summary>The stored identity; null where the device has not enrolled, or not to the end.</summary>
    public DeviceIdentity? Load()
    {
        if (!File.Exists(IdentityPath) || !File.Exists(KeyPath) || !File.Exists(CertificatePath) || !File.Exists(AuthorityPath))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(IdentityPath), AgentJson.Default.DeviceIdentity);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A PKCS#10 request for the id, signed with the device's key, which is made where there is none.</summary>
    public string CreateSigningRequest(DeviceId device)
    {
        using var key = ECDsa.Create();
        if (File.Exists(KeyPath))
        {
            key.ImportFromPem(File.ReadAllText(KeyPath));
        }
        else
        {
            key.GenerateKey(ECCurve.NamedCurves.nistP256);
            DurableFile.Replace(KeyPath, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), OwnerOnly);
        }

        return new CertificateRequest($"CN={device.Value}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    /// <summary>Keeps what enrolment gave; the identity file comes last and makes it count.</summary>
    /// <exception cref="CryptographicException">The certificate or the authority is no PEM certificate, or is not for this device's key.</exception>
    public DeviceIdentity Save(DeviceId device, EnrolResponse response)
    {
        using var certificate = X509Certificate2.CreateFromPem(response.CertificatePem);
        using var authority = X509Certificate2.CreateFromPem(response.AuthorityPem);
        using (var key = ECDsa.Create())
        using (var certified = certificate.GetECDsaPublicKey())
        {
            key.ImportFromPem(File.ReadAllText(KeyPath));
            if (certified is null || !certified.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
            {
                throw new CryptographicException("The certificate that the server gave is not for this device's key.");
            }
        }

        DurableFile.Replace(CertificatePath, Encoding.ASCII.GetBytes(response.CertificatePem));
        DurableFile.Replace(AuthorityPath, Encoding.ASCII.GetBytes(response.AuthorityPem));
        var identity = new DeviceIdentity(device, response.BrokerHost, response.BrokerPort, Utc(certificate.NotBefore), Utc(certificate.NotAfter));
        DurableFile.Replace(IdentityPath, JsonSerializer.SerializeToUtf8Bytes(identity, AgentJson.Default.DeviceIdentity));
        return identity;
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);
}
