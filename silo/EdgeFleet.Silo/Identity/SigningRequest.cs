using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Silo.Identity;

/// <summary>Reads what a device asks to have signed, without trusting it.</summary>
internal static class SigningRequest
{
    public const int MaxLength = 16 * 1024;

    private const string EllipticCurveKey = "1.2.840.10045.2.1";
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string CommonName = "2.5.4.3";

    /// <summary>The public key, once everything else was found right. Extensions that the request asks for are ignored.</summary>
    /// <exception cref="SigningRequestException">Says what is wrong with it.</exception>
    public static PublicKey Check(string pem, DeviceId device)
    {
        if (pem.Length > MaxLength)
        {
            throw new SigningRequestException($"The signing request has {pem.Length} characters; at most {MaxLength} are taken.");
        }

        CertificateRequest request;
        try
        {
            // Verifies the request's own signature: proof that the device holds the key.
            request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new SigningRequestException("The signing request is no PKCS#10 in PEM that its own key signed.", e);
        }

        if (!IsP256(request.PublicKey))
        {
            throw new SigningRequestException("The signing request's key is not ECDSA P-256.");
        }

        if (!IsExactly(request.SubjectName, device.Value))
        {
            throw new SigningRequestException($"The signing request's subject is not exactly CN={device}.");
        }

        return request.PublicKey;
    }

    private static bool IsP256(PublicKey key)
    {
        if (key.Oid.Value != EllipticCurveKey)
        {
            return false;
        }

        try
        {
            using var ec = key.GetECDsaPublicKey();
            return ec?.ExportParameters(false).Curve.Oid.Value == P256;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    private static bool IsExactly(X500DistinguishedName subject, string name)
    {
        try
        {
            var parts = subject.EnumerateRelativeDistinguishedNames().ToArray();
            return parts is [{ HasMultipleElements: false } only]
                && only.GetSingleElementType().Value == CommonName
                && only.GetSingleElementValue() == name;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>A signing request that is not signed; the message may be shown to who sent it.</summary>
internal sealed class SigningRequestException(string message, Exception? inner = null) : Exception(message, inner);
