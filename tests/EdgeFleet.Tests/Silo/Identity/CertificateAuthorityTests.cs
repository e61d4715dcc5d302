using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Identity;
using EdgeFleet.Tests.Silo.Mqtt;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Identity;

public sealed class CertificateAuthorityTests : IDisposable
{
    private static readonly DeviceId Cam = new("cam-1");
    private readonly TempFolder _folder = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_device_gets_a_certificate_in_its_name_for_thirty_days_that_leads_to_the_authority()
    {
        using var authority = Open();

        using var certificate = X509Certificate2.CreateFromPem(authority.SignDevice(BrokerHarness.SigningRequest("cam-1", out var key), Cam));

        certificate.Subject.ShouldBe("CN=cam-1");
        new DateTimeOffset(certificate.NotBefore.ToUniversalTime()).ShouldBe(_time.GetUtcNow().AddHours(-1));
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ShouldBe(_time.GetUtcNow().AddDays(30));
        certificate.GetECDsaPublicKey()!.ExportSubjectPublicKeyInfo().ShouldBe(key.ExportSubjectPublicKeyInfo());
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value.ShouldBe("1.3.6.1.5.5.7.3.2");
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.ShouldBeFalse();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(authority.AuthorityFile);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        chain.Build(certificate).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a request")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public void What_is_no_request_is_refused(string pem)
    {
        using var authority = Open();

        Should.Throw<SigningRequestException>(() => authority.SignDevice(pem, Cam)).Message.ShouldContain("PKCS#10");
    }

    [Fact]
    public void A_request_of_a_megabyte_is_refused_unread()
    {
        using var authority = Open();

        Should.Throw<SigningRequestException>(() => authority.SignDevice(new string('A', 1 << 20), Cam)).Message.ShouldContain("at most 16384");
    }

    [Fact]
    public void A_request_that_its_key_did_not_sign_is_refused()
    {
        using var authority = Open();
        var lines = BrokerHarness.SigningRequest("cam-1", out _).Split('\n');
        var der = Convert.FromBase64String(string.Concat(lines[1..^1].Where(l => !l.StartsWith('-'))));
        der[^1] ^= 1;

        Should.Throw<SigningRequestException>(() => authority.SignDevice(PemEncoding.WriteString("CERTIFICATE REQUEST", der), Cam));
    }

    [Theory]
    [InlineData("cam-2")]
    [InlineData("cam-1, O=somebody")]
    [InlineData("cam-1, CN=silo")]
    [InlineData("CAM-1")]
    public void A_request_for_another_name_is_refused(string name)
    {
        using var authority = Open();
        var pem = BrokerHarness.SigningRequest(name, out _);

        Should.Throw<SigningRequestException>(() => authority.SignDevice(pem, Cam)).Message.ShouldContain("subject is not exactly CN=cam-1");
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("blob")]
    public void A_reserved_name_is_refused(string name)
    {
        using var authority = Open();

        Should.Throw<SigningRequestException>(() => authority.SignDevice(BrokerHarness.SigningRequest(name, out _), new DeviceId(name)))
            .Message.ShouldContain("reserved");
    }

    [Fact]
    public void Another_kind_of_key_is_refused()
    {
        using var authority = Open();
        using var rsa = RSA.Create(2048);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string[] requests =
        [
            new CertificateRequest("CN=cam-1", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem(),
            new CertificateRequest("CN=cam-1", p384, HashAlgorithmName.SHA256).CreateSigningRequestPem(),
        ];

        foreach (var request in requests)
        {
            Should.Throw<SigningRequestException>(() => authority.SignDevice(request, Cam)).Message.ShouldContain("P-256");
        }
    }

    [Fact]
    public void A_request_cannot_make_itself_an_authority()
    {
        using var authority = Open();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var greedy = new CertificateRequest("CN=cam-1", key, HashAlgorithmName.SHA256);
        greedy.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));

        using var certificate = X509Certificate2.CreateFromPem(authority.SignDevice(greedy.CreateSigningRequestPem(), Cam));

        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority.ShouldBeFalse();
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Keys_are_readable_by_their_owner_only()
    {
        using var authority = Open();
        authority.RenewOwn([]);
        EnrolmentTokens.Open(_folder.Path);

        foreach (var file in Directory.GetFiles(_folder.Path).Where(f => f.EndsWith(".key.pem") || f.EndsWith("enrolment-token")))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }
    }

    [Fact]
    public void A_second_start_takes_up_the_same_authority()
    {
        string first;
        using (var authority = Open())
        {
            first = authority.AuthorityPem;
        }

        using var again = Open();
        again.AuthorityPem.ShouldBe(first);
    }

    [Fact]
    public void A_first_start_killed_between_key_and_certificate_is_begun_again()
    {
        File.WriteAllText(_folder.File("authority.key.pem"), "half");

        using var authority = Open();

        authority.SignDevice(BrokerHarness.SigningRequest("cam-1", out _), Cam).ShouldContain("BEGIN CERTIFICATE");
    }

    [Fact]
    public void A_lost_key_stops_the_start_with_the_cure()
    {
        Open().Dispose();
        File.Delete(_folder.File("authority.key.pem"));

        Should.Throw<StartupException>(Open).Message.ShouldContain("every device enrols again");
    }

    [Fact]
    public void The_own_certificates_are_renewed_at_two_thirds_of_their_time_and_for_another_name()
    {
        using var authority = Open();
        authority.RenewOwn(["broker.example"]).ShouldBeTrue();
        authority.RenewOwn(["broker.example"]).ShouldBeFalse();
        authority.RenewOwn(["other.example"]).ShouldBeTrue();

        _time.Advance(TimeSpan.FromDays(59));
        authority.RenewOwn(["other.example"]).ShouldBeFalse();
        _time.Advance(TimeSpan.FromDays(1.1));
        authority.RenewOwn(["other.example"]).ShouldBeTrue();
        authority.RenewOwn(["other.example"]).ShouldBeFalse();

        using var broker = authority.Broker.Load()!;
        var names = broker.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        names.EnumerateDnsNames().ShouldContain("other.example");
        names.EnumerateDnsNames().ShouldContain("localhost");
        names.EnumerateIPAddresses().Select(a => a.ToString()).ShouldBe(["127.0.0.1", "::1"], ignoreOrder: true);
        using var silo = authority.Silo.Load()!;
        silo.Subject.ShouldBe("CN=silo");
    }

    [Fact]
    public void A_token_is_made_once_and_nothing_else_passes()
    {
        var tokens = EnrolmentTokens.Open(_folder.Path);
        var token = File.ReadAllText(tokens.File).Trim();

        token.Length.ShouldBe(43);
        EnrolmentTokens.Open(_folder.Path).IsValid(token).ShouldBeTrue();
        tokens.IsValid(token).ShouldBeTrue();
        tokens.IsValid(token + "x").ShouldBeFalse();
        tokens.IsValid(token[..^1]).ShouldBeFalse();
        tokens.IsValid("").ShouldBeFalse();
        tokens.IsValid(null).ShouldBeFalse();
        tokens.IsValid(new string('a', 1 << 20)).ShouldBeFalse();
    }

    [Fact]
    public void A_token_too_short_to_be_one_stops_the_start()
    {
        File.WriteAllText(_folder.File("enrolment-token"), "hunter2\n");

        Should.Throw<StartupException>(() => EnrolmentTokens.Open(_folder.Path)).Message.ShouldContain("at least 20");
    }

    private CertificateAuthority Open() => CertificateAuthority.Open(_folder.Path, new IdentityOptions(), _time);
}
