using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Identity;

/// <summary>A certificate and its key on disk, both PEM; the key is readable by its owner only.</summary>
internal sealed record KeyPair(string CertificateFile, string KeyFile)
{
    /// <summary>The certificate with its key; null when either is missing, damaged, or they do not belong together.</summary>
    public X509Certificate2? Load()
    {
        if (!File.Exists(CertificateFile) || !File.Exists(KeyFile))
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The key goes first: a certificate without its key is never left behind.</summary>
    public void Save(string certificatePem, ECDsa key)
    {
        DurableFile.Write(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n", secret: true);
        DurableFile.Write(CertificateFile, certificatePem + "\n", secret: false);
    }
}
