using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Silo.Identity;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>The native link at brokers that do not let everyone in, or everything happen.</summary>
public sealed class LibmosquittoAccessTests
{
    private readonly LibmosquittoLinkFactory _factory = new();

    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task Bad_credentials_end_the_wait_with_the_brokers_reason()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("passwords"), "");
        await using var broker = await MosquittoFixture.StartAsync($"allow_anonymous false\npassword_file {folder.File("passwords")}");
        await using var link = _factory.Create(new MqttLinkOptions { ClientId = "x", Port = broker.Port, UserName = "me", Password = "wrong" });

        var error = await Should.ThrowAsync<MqttLinkException>(() => link.ConnectAsync(Soon));

        error.ReasonCode.ShouldBeOneOf(0x86, 0x87);
        error.Message.ShouldContain("refused client x: not authorized");
        await Should.ThrowAsync<MqttLinkException>(() => link.ConnectAsync(Soon));
    }

    [Fact]
    public async Task A_refused_subscription_is_told_and_the_others_stay()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("rules.json"), """
            {"defaultACLAccess":{"publishClientSend":true,"publishClientReceive":true,"subscribe":false,"unsubscribe":true},
             "roles":[{"rolename":"reader","acls":[{"acltype":"subscribePattern","topic":"open/#","allow":true}]}],
             "groups":[{"groupname":"anyone","roles":[{"rolename":"reader"}],"clients":[]}],"anonymousGroup":"anyone","clients":[]}
            """);
        // Links are not followed: below /usr/lib they may lead in circles.
        var plugin = Directory.GetFiles("/usr/lib", "mosquitto_dynamic_security.so", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = 2,
            AttributesToSkip = FileAttributes.ReparsePoint,
        })[0];
        await using var broker = await MosquittoFixture.StartAsync(general: $"plugin {plugin}\nplugin_opt_config_file {folder.File("rules.json")}");
        await using var link = _factory.Create(new MqttLinkOptions { ClientId = "x", Port = broker.Port });
        await link.ConnectAsync(Soon);

        var error = await Should.ThrowAsync<MqttLinkException>(() => link.SubscribeAsync("secret/#", MqttQos.AtLeastOnce, Soon));
        await link.SubscribeAsync("open/#", MqttQos.AtLeastOnce, Soon);

        error.ReasonCode.ShouldBe(0x87);
        error.Message.ShouldBe("The broker refused to subscribe to 'secret/#': not authorized (0x87).");
        link.State.Connected.ShouldBeTrue();
    }

    [Fact]
    public async Task With_TLS_both_sides_must_know_each_other()
    {
        using var folder = new TempFolder();
        using var strangers = new TempFolder();
        using var authority = CertificateAuthority.Open(folder.Path, new IdentityOptions(), TimeProvider.System);
        using var stranger = CertificateAuthority.Open(strangers.Path, new IdentityOptions(), TimeProvider.System);
        authority.RenewOwn([]);
        stranger.RenewOwn([]);
        await using var broker = await MosquittoFixture.StartAsync($"""
            cafile {authority.AuthorityFile}
            certfile {authority.Broker.CertificateFile}
            keyfile {authority.Broker.KeyFile}
            require_certificate true
            use_identity_as_username true
            """);
        var good = new MqttTlsOptions(authority.AuthorityFile, authority.Silo.CertificateFile, authority.Silo.KeyFile);
        IMqttLink Link(MqttTlsOptions tls, string host = "127.0.0.1") => _factory.Create(
            new MqttLinkOptions { ClientId = "x", Host = host, Port = broker.Port, Tls = tls });

        await using (var welcome = Link(good))
        {
            await welcome.ConnectAsync(Soon);
            await welcome.SubscribeAsync("a", MqttQos.AtLeastOnce, Soon);
            var payload = new byte[256 * 1024];
            new Random(1).NextBytes(payload);
            var sends = Enumerable.Range(0, 40).Select(_ => welcome.PublishAsync(new MqttMessage("a", payload), Soon)).ToArray();
            await foreach (var message in welcome.ReadAllAsync(Soon).Take(40))
            {
                message.Payload.Span.SequenceEqual(payload).ShouldBeTrue();
            }

            await Task.WhenAll(sends);
        }

        await using (var named = Link(good, "localhost"))
        {
            await named.ConnectAsync(Soon);
        }

        await using (var without = Link(new MqttTlsOptions(authority.AuthorityFile, null, null)))
        {
            (await Should.ThrowAsync<MqttLinkException>(() => without.ConnectAsync(Soon))).Message.ShouldContain("TLS failed");
        }

        await using (var wrongAuthority = Link(good with { AuthorityFile = stranger.AuthorityFile }))
        {
            (await Should.ThrowAsync<MqttLinkException>(() => wrongAuthority.ConnectAsync(Soon))).Message.ShouldContain("certificate verify failed");
        }

        await using (var wrongCertificate = Link(new MqttTlsOptions(authority.AuthorityFile, stranger.Silo.CertificateFile, stranger.Silo.KeyFile)))
        {
            (await Should.ThrowAsync<MqttLinkException>(() => wrongCertificate.ConnectAsync(Soon))).Message.ShouldContain("TLS failed");
        }

        await using (var missing = Link(good with { KeyFile = folder.File("nowhere.pem") }))
        {
            (await Should.ThrowAsync<MqttLinkException>(() => missing.ConnectAsync(Soon))).Message
                .ShouldBe($"The TLS file {folder.File("nowhere.pem")} is missing or may not be read.");
        }
    }

    [Fact]
    public async Task An_address_that_the_brokers_certificate_does_not_name_is_refused_unless_told_otherwise()
    {
        using var folder = new TempFolder();
        using var authority = CertificateAuthority.Open(folder.Path, new IdentityOptions(), TimeProvider.System);
        authority.RenewOwn([]);

        // The silo's certificate names nobody's address: a good stand-in for a broker known by another name.
        await using var broker = await MosquittoFixture.StartAsync($"""
            allow_anonymous true
            cafile {authority.AuthorityFile}
            certfile {authority.Silo.CertificateFile}
            keyfile {authority.Silo.KeyFile}
            """);
        var tls = new MqttTlsOptions(authority.AuthorityFile, null, null);
        await using var strict = _factory.Create(new MqttLinkOptions { ClientId = "x", Port = broker.Port, Tls = tls });

        (await Should.ThrowAsync<MqttLinkException>(() => strict.ConnectAsync(Soon))).Message.ShouldContain("TLS failed");
    }

    [Fact]
    public async Task A_TLS_broker_that_comes_and_goes_is_found_again()
    {
        using var folder = new TempFolder();
        using var authority = CertificateAuthority.Open(folder.Path, new IdentityOptions(), TimeProvider.System);
        authority.RenewOwn([]);
        await using var broker = await MosquittoFixture.StartAsync($"""
            allow_anonymous true
            cafile {authority.AuthorityFile}
            certfile {authority.Broker.CertificateFile}
            keyfile {authority.Broker.KeyFile}
            """);
        await using var link = _factory.Create(new MqttLinkOptions
        {
            ClientId = "x",
            Port = broker.Port,
            Tls = new MqttTlsOptions(authority.AuthorityFile, null, null),
            ReconnectMin = TimeSpan.FromMilliseconds(10),
            ReconnectMax = TimeSpan.FromMilliseconds(100),
        });
        await link.ConnectAsync(Soon);
        for (var round = 0; round < 2; round++)
        {
            broker.Kill();
            await Eventually.True(() => !link.State.Connected, "the link sees that nobody listens");
            var send = link.PublishAsync(new MqttMessage("a", new byte[10]), Soon);
            await broker.RestartAsync();
            await send;
        }
    }
}
