using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Mqtt;

public sealed class MosquittoBrokerTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    [Fact]
    public async Task A_device_reaches_only_its_own_topics_and_the_silo_reaches_all()
    {
        await using var harness = await BrokerHarness.StartAsync();
        var (silo, cam1, cam2) = (harness.SiloLink(), harness.DeviceLink("cam-1"), harness.DeviceLink("cam-2"));
        await Task.WhenAll(silo.ConnectAsync(Soon), cam1.ConnectAsync(Soon), cam2.ConnectAsync(Soon));
        await silo.SubscribeAsync(Topics.AllUpShared, MqttQos.AtLeastOnce, Soon);
        await cam1.SubscribeAsync($"{Topics.Root}/#", MqttQos.AtLeastOnce, Soon);
        await cam1.SubscribeAsync(Topics.Desired(new DeviceId("cam-2")), MqttQos.AtLeastOnce, Soon);

        await cam1.PublishAsync(Message(Topics.Reported(new DeviceId("cam-1")), "mine"), Soon);
        var denied = await Should.ThrowAsync<MqttLinkException>(() => cam1.PublishAsync(Message(Topics.Reported(new DeviceId("cam-2")), "forged"), Soon));
        await cam2.PublishAsync(Message(Topics.Reported(new DeviceId("cam-2")), "also mine"), Soon);
        await silo.PublishAsync(Message(Topics.Desired(new DeviceId("cam-2")), "for cam-2"), Soon);
        await silo.PublishAsync(Message(Topics.Blob(Sha256Digest.Of([1])), "for all"), Soon);
        await silo.PublishAsync(Message(Topics.Desired(new DeviceId("cam-1")), "for cam-1"), Soon);

        denied.ReasonCode.ShouldBe(0x87);
        (await Read(silo, 2)).ShouldBe(["mine", "also mine"]);
        (await Read(cam1, 2)).ShouldBe(["for all", "for cam-1"]);
    }

    [Fact]
    public async Task A_device_that_sends_10_MB_is_cut_off_counted_and_named_once()
    {
        await using var harness = await BrokerHarness.StartAsync();
        var silo = harness.SiloLink();
        await silo.ConnectAsync(Soon);
        await silo.SubscribeAsync(Topics.AllUpShared, MqttQos.AtLeastOnce, Soon);
        var tls = harness.DeviceCertificate("cam-1");

        // A foreign client of MQTT 3.1.1, which knows of no limit and sends.
        for (var i = 0; i < 2; i++)
        {
            var start = new ProcessStartInfo("mosquitto_pub", [
                "-V", "mqttv311", "-h", "127.0.0.1", "-p", $"{harness.Access.SiloLink().Port}", "-i", "cam-1", "-q", "1", "-s", "-t", Topics.Telemetry(new DeviceId("cam-1")),
                "--cafile", tls.AuthorityFile, "--cert", tls.CertificateFile!, "--key", tls.KeyFile!])
            {
                RedirectStandardInput = true,
                UseShellExecute = false,
            };
            using var client = Process.Start(start)!;
            await client.StandardInput.WriteAsync(new string('x', 10_000_000));
            client.StandardInput.Close();
            var seen = i + 1;
            await Eventually.True(() => harness.Counters.Rejected(UpFault.Oversize) >= seen, $"{seen} counted");
            client.Kill();
            await client.WaitForExitAsync(Soon);
        }

        harness.Rejections.Lines.ShouldHaveSingleItem().ShouldContain("cam-1");
        await harness.DeviceLink("cam-2").ConnectAsync(Soon);
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_certificate_of_the_fleet()
    {
        await using var harness = await BrokerHarness.StartAsync();
        using var other = new TempFolder();
        var stranger = EdgeFleet.Silo.Identity.CertificateAuthority.Open(other.Path, new(), TimeProvider.System);
        stranger.RenewOwn([]);
        var authority = harness.Authority.AuthorityFile;
        var anonymous = harness.Open(harness.Access.SiloLink() with { ClientId = "a", Tls = new MqttTlsOptions(authority, null, null) });
        var forged = harness.Open(harness.Access.SiloLink() with
        {
            ClientId = "b",
            Tls = new MqttTlsOptions(authority, stranger.Silo.CertificateFile, stranger.Silo.KeyFile),
        });
        var plain = harness.Open(harness.Access.SiloLink() with { ClientId = "c", Tls = null });

        (await Should.ThrowAsync<MqttLinkException>(() => anonymous.ConnectAsync(Soon))).Message.ShouldContain("TLS");
        (await Should.ThrowAsync<MqttLinkException>(() => forged.ConnectAsync(Soon))).Message.ShouldContain("TLS");
        await Should.ThrowAsync<OperationCanceledException>(() => plain.ConnectAsync(new CancellationTokenSource(TimeSpan.FromSeconds(1)).Token));
        plain.State.Connected.ShouldBeFalse();
    }

    [Fact]
    public async Task An_outage_on_demand_closes_the_port_for_its_time_and_a_second_one_meanwhile_is_refused()
    {
        await using var harness = await BrokerHarness.StartAsync();
        var device = harness.DeviceLink("cam-1");
        await device.ConnectAsync(Soon);
        var watch = Stopwatch.StartNew();

        await harness.Broker.BeginAsync(TimeSpan.FromSeconds(1), Soon);

        using var probe = new TcpClient();
        await Should.ThrowAsync<SocketException>(() => probe.ConnectAsync(IPAddress.Loopback, harness.Access.DevicePort));
        await Should.ThrowAsync<InvalidOperationException>(() => harness.Broker.BeginAsync(TimeSpan.FromSeconds(1), Soon));
        await Eventually.True(() => harness.Broker.Health.Ready && device.State.Connected, "the broker is back, and the device with it");
        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_killed_broker_is_back_within_seconds_with_its_retained_messages_and_sessions()
    {
        await using var harness = await BrokerHarness.StartAsync();
        var silo = harness.SiloLink(o => o with { CleanStart = false, SessionExpiry = TimeSpan.FromHours(1) });
        await silo.ConnectAsync(Soon);
        await silo.SubscribeAsync(Topics.AllUpShared, MqttQos.AtLeastOnce, Soon);
        await silo.PublishAsync(Message(Topics.Desired(new DeviceId("cam-1")), "v1") with { Retain = true }, Soon);
        var store = Path.Combine(Path.GetDirectoryName(harness.ConfigurationFile)!, "mosquitto.db");
        await Eventually.True(() => File.Exists(store) && Contains(store, "v1"), "the broker has stored the retained message");
        var down = new TaskCompletionSource();
        silo.StateChanged += state => _ = state.Connected || down.TrySetResult();

        var before = harness.Broker.ProcessId!.Value;
        using (var process = Process.GetProcessById(before))
        {
            process.Kill();
        }

        await down.Task.WaitAsync(Soon);
        await Eventually.True(() => silo.State.Connected, "the silo's link is back");
        harness.Broker.ProcessId.ShouldNotBe(before);
        var device = harness.DeviceLink("cam-1");
        await device.ConnectAsync(Soon);
        await device.SubscribeAsync(Topics.Desired(new DeviceId("cam-1")), MqttQos.AtLeastOnce, Soon);
        (await Read(device, 1)).ShouldBe(["v1"]);
        await device.PublishAsync(Message(Topics.Reported(new DeviceId("cam-1")), "still heard"), Soon);
        (await Read(silo, 1)).ShouldBe(["still heard"]);
        await Eventually.True(() => harness.Broker.Health.Ready, "the broker part is ready again");
    }

    [Fact]
    public async Task A_broker_left_behind_by_a_killed_silo_is_ended_at_the_next_start_and_the_port_kept()
    {
        using var temp = new TempFolder();
        await using var first = await BrokerHarness.StartAsync(temp);
        await first.Broker.StopAsync(Soon);
        using var orphan = Process.Start(new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", first.ConfigurationFile]) { UseShellExecute = false })!;
        await Eventually.True(() => OrphanedBrokers.Find(first.ConfigurationFile).Count == 1 && Listens(first.Access.DevicePort), "the orphan runs");
        first.Abandon();

        await using var second = await BrokerHarness.StartAsync(temp);

        orphan.HasExited.ShouldBeTrue();
        second.Access.DevicePort.ShouldBe(first.Access.DevicePort);
        OrphanedBrokers.Find(second.ConfigurationFile).ShouldBe([second.Broker.ProcessId!.Value]);
    }

    [Fact]
    public async Task The_kernel_ends_a_broker_whose_silo_was_killed()
    {
        await using var harness = await BrokerHarness.StartAsync();
        await harness.Broker.StopAsync(Soon);
        Process? process = null;

        // The thread that started it stands for the silo: the signal comes with the thread's death.
        using var end = new ManualResetEventSlim();
        var silo = new Thread(() =>
        {
            process = Process.Start(MosquittoProcess.StartInfo("/usr/sbin/mosquitto", harness.ConfigurationFile));
            end.Wait();
        });
        silo.Start();
        await Eventually.True(() => Listens(harness.Access.DevicePort), "the broker runs");
        process!.HasExited.ShouldBeFalse();

        end.Set();

        await process.WaitForExitAsync(Soon);
        process.Dispose();
    }

    [Fact]
    public async Task The_broker_ends_with_the_silo()
    {
        var harness = await BrokerHarness.StartAsync();
        var file = harness.ConfigurationFile;
        OrphanedBrokers.Find(file).Count.ShouldBe(1);

        await harness.DisposeAsync();

        OrphanedBrokers.Find(file).ShouldBeEmpty();
    }

    [Fact]
    public void A_port_in_use_is_told_in_one_line_with_the_cure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var error = Should.Throw<StartupException>(() => new BrokerHarness(change: o => o.Port = port));

        error.Message.ShouldBe($"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another one with --mqtt-port (0 takes a free one).");
    }

    [Fact]
    public async Task A_missing_broker_is_told_in_one_line_with_the_cure()
    {
        await using var harness = new BrokerHarness(change: o => o.Executable = "/nowhere/mosquitto");

        var error = await Should.ThrowAsync<StartupException>(() => harness.Broker.StartAsync(Soon));

        error.Message.ShouldBe("the broker /nowhere/mosquitto is missing: correct Mqtt:Executable, or leave it out to use the installed mosquitto.");
    }

    [Fact]
    public async Task A_broker_that_does_not_start_is_told_with_its_own_words()
    {
        await using var harness = new BrokerHarness(change: o => o.Executable = "/bin/false");

        var error = await Should.ThrowAsync<StartupException>(() => harness.Broker.StartAsync(Soon));

        error.Message.ShouldContain("the broker ended at its start with code 1");
        harness.Broker.Health.Ready.ShouldBeFalse();
    }

    [Fact]
    public async Task A_damaged_store_is_put_aside_instead_of_keeping_the_broker_down()
    {
        await using var harness = new BrokerHarness();
        var store = Path.Combine(Path.GetDirectoryName(harness.ConfigurationFile)!, "mosquitto.db");
        await harness.Broker.StartAsync(Soon);
        await File.WriteAllTextAsync(store, "not a store");

        using (var process = Process.GetProcessById(harness.Broker.ProcessId!.Value))
        {
            process.Kill();
        }

        var silo = harness.SiloLink();
        await silo.ConnectAsync(Soon);
        Directory.GetFiles(Path.GetDirectoryName(store)!, "mosquitto.db.*.bad").Length.ShouldBe(1);
    }

    [Theory]
    [InlineData("Host", "not a host")]
    [InlineData("AuthorityFile", null)]
    [InlineData("AuthorityFile", "/nowhere/ca.pem")]
    [InlineData("Port", "0")]
    public void An_external_broker_needs_its_settings_together(string setting, string? value)
    {
        var options = new MqttOptions { External = true, AuthorityFile = "/dev/null" };
        typeof(MqttOptions).GetProperty(setting)!.SetValue(options, setting == "Port" ? int.Parse(value!) : value);

        var result = new MqttRelationsValidator().Validate(null, options);

        result.Failed.ShouldBeTrue();
        result.FailureMessage.ShouldContain(setting);
    }

    [Fact]
    public async Task An_external_broker_is_used_and_not_started()
    {
        await using var own = await BrokerHarness.StartAsync();
        await using var harness = new BrokerHarness(change: o =>
        {
            o.External = true;
            o.Port = own.Access.DevicePort;
            o.AuthorityFile = own.Authority.AuthorityFile;
            o.CertificateFile = own.Authority.Silo.CertificateFile;
            o.KeyFile = own.Authority.Silo.KeyFile;
        });

        await harness.Broker.StartAsync(Soon);

        await harness.SiloLink().ConnectAsync(Soon);
        harness.Access.AuthorityPem.ShouldBe(own.Access.AuthorityPem);
        harness.Broker.Health.Ready.ShouldBeTrue();
        harness.Broker.ProcessId.ShouldBeNull();
    }

    private static bool Listens(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool Contains(string file, string text)
    {
        try
        {
            return File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static MqttMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text));

    private static async Task<List<string>> Read(IMqttLink link, int count)
    {
        var got = new List<string>();
        await foreach (var message in link.ReadAllAsync(Soon))
        {
            got.Add(Encoding.UTF8.GetString(message.Payload.Span));
            if (got.Count == count)
            {
                break;
            }
        }

        return got;
    }
}
