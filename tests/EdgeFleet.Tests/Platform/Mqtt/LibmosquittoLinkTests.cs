using System.Diagnostics;
using System.Text;
using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>The native link against a real mosquitto, and what only a real network, broker and library can do to it.</summary>
public sealed class LibmosquittoLinkTests : MqttLinkConformanceTests
{
    private readonly LibmosquittoLinkFactory _factory = new();
    private readonly Dictionary<IMqttLink, TcpProxy> _proxies = [];
    private MosquittoFixture _broker = null!;

    public override async Task InitializeAsync() => _broker = await MosquittoFixture.StartAsync(general: "max_packet_size 2000000");

    [Fact]
    public void The_library_says_its_version() => _factory.LibraryVersion.ShouldStartWith("2.");

    [Fact]
    public void A_missing_library_is_told_in_one_line_with_the_cure()
    {
        var error = Should.Throw<MqttLinkException>(() => MosquittoLibrary.Load("libmosquitto-nowhere.so.1"));

        error.Message.ShouldBe(
            "libmosquitto-nowhere.so.1 is missing (Debian package libmosquitto1); install it with: apt-get install libmosquitto1");
    }

    [Fact]
    public async Task A_message_too_large_for_the_broker_is_refused_and_the_connection_stays()
    {
        var link = await Connected("link");
        await link.SubscribeAsync("a", MqttQos.AtLeastOnce, Soon);

        foreach (var qos in new[] { MqttQos.AtLeastOnce, MqttQos.AtMostOnce })
        {
            var error = await Should.ThrowAsync<MqttLinkException>(
                () => link.PublishAsync(new MqttMessage("a", new byte[3_000_000]) { Qos = qos }, Soon));
            error.ReasonCode.ShouldBe(0x95);
        }

        await link.PublishAsync(Message("a", "small") with { Qos = MqttQos.AtMostOnce }, Soon);
        Text((await Read(link, 1))[0]).ShouldBe("small");
        link.State.Connected.ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_is_lost_over_orderly_restarts_of_the_broker()
    {
        var reader = await Connected("reader", o => o with { CleanStart = false, SessionExpiry = TimeSpan.FromMinutes(5) });
        var writer = await Connected("writer");
        await reader.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        await reader.SubscribeAsync("$share/silo/s", MqttQos.AtLeastOnce, Soon);
        var sends = new List<Task>();
        for (var round = 0; round < 3; round++)
        {
            sends.AddRange(Enumerable.Range(round * 200, 100).Select(i => writer.PublishAsync(Message("n", Number(i)), Soon)));
            await _broker.StopAsync();
            sends.AddRange(Enumerable.Range((round * 200) + 100, 100).Select(i => writer.PublishAsync(Message("n", Number(i)), Soon)));
            await _broker.RestartAsync();
        }

        await Task.WhenAll(sends);
        await Eventually.True(() => reader.State.Connected, "the reader is back");
        await writer.PublishAsync(Message("s", "shared"), Soon);

        var got = new HashSet<string>();
        await foreach (var message in reader.ReadAllAsync(Soon))
        {
            got.Add(Text(message));
            if (got.Count == 601)
            {
                break;
            }
        }

        got.ShouldContain("shared");
    }

    [Fact]
    public async Task A_broker_killed_and_started_again_has_its_links_back()
    {
        var link = await Connected("link");
        await link.SubscribeAsync("a", MqttQos.AtLeastOnce, Soon);
        var back = Back(link);

        _broker.Kill();
        var waiting = link.PublishAsync(Message("a", "through the gap"), Soon);
        await _broker.RestartAsync();

        await back.WaitAsync(Soon);
        await waiting;
        Text((await Read(link, 1))[0]).ShouldBe("through the gap");
    }

    [Fact]
    public async Task Back_pressure_holds_while_the_broker_takes_nothing()
    {
        var link = await Connected("link", o => o with { QueueLength = 8, KeepAlive = TimeSpan.FromMinutes(5) });
        _broker.Freeze();
        var sends = Enumerable.Range(0, 100).Select(_ => link.PublishAsync(new MqttMessage("a", new byte[200_000]), Soon)).ToArray();
        var native = (LibmosquittoLink)link;
        native.Outgoing.Queued.ShouldBeLessThanOrEqualTo(8);
        native.Outgoing.Waiting.ShouldBeGreaterThan(60);
        sends.Count(s => s.IsCompleted).ShouldBe(0);

        _broker.Thaw();

        await Task.WhenAll(sends);
    }

    [Fact]
    public async Task A_link_to_a_frozen_broker_can_be_disposed_at_once()
    {
        var link = await Connected("link");
        _broker.Freeze();
        var send = link.PublishAsync(new MqttMessage("a", new byte[1_000_000]), CancellationToken.None);
        var watch = Stopwatch.StartNew();

        await link.DisposeAsync();

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await Should.ThrowAsync<ObjectDisposedException>(() => send);
        _broker.Thaw();
    }

    [Fact]
    public async Task A_name_with_several_addresses_is_tried_until_one_answers()
    {
        var link = _factory.Create(new MqttLinkOptions { ClientId = "named", Host = "localhost", Port = _broker.Port });

        await link.ConnectAsync(Soon);

        link.State.Connected.ShouldBeTrue();
        await link.DisposeAsync();
    }

    [Fact]
    public async Task Where_nobody_listens_the_state_says_so_and_the_link_goes_on_trying()
    {
        var port = FreePort.Take();
        await using var link = _factory.Create(new MqttLinkOptions { ClientId = "nobody", Port = port, ReconnectMin = TimeSpan.FromMilliseconds(10) });
        await using var unnamed = _factory.Create(new MqttLinkOptions { ClientId = "nobody", Host = "no.such.host.invalid", Port = port });

        link.Start();
        unnamed.Start();

        await Eventually.True(() => link.State.Reason.Contains("Connection refused"), "the refusal shows");
        await Eventually.True(() => unnamed.State.Reason.Contains("was not found"), "the unknown name shows");
        link.State.Reason.ShouldBe($"MQTT broker 127.0.0.1:{port} cannot be reached: Connection refused.");
    }

    [Fact]
    public async Task A_peer_that_speaks_no_mqtt_is_no_broker()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        await using var link = _factory.Create(new MqttLinkOptions { ClientId = "lost", Port = port, ConnectTimeout = TimeSpan.FromSeconds(1) });
        link.Start();

        using (var silent = await listener.AcceptTcpClientAsync(Soon))
        {
            await Eventually.True(() => link.State.Reason.Contains("did not answer within 1 s"), "the silence shows");
        }

        using var garbage = await listener.AcceptTcpClientAsync(Soon);
        await garbage.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 400 Bad Request\r\n\r\n{new string('x', 1000)}"), Soon);
        await Eventually.True(() => link.State.Reason.Contains("cannot be reached"), "the garbage shows");
        link.State.Connected.ShouldBeFalse();
    }

    [Fact]
    public async Task The_brokers_reason_for_ending_a_connection_shows()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        await using var link = _factory.Create(new MqttLinkOptions { ClientId = "x", Port = port });
        var reason = new TaskCompletionSource<string>();
        link.StateChanged += s => _ = s.Connected || reason.TrySetResult(s.Reason);
        link.Start();
        using var broker = await listener.AcceptTcpClientAsync(Soon);
        (await broker.GetStream().ReadAtLeastAsync(new byte[500], 20, true, Soon)).ShouldBeGreaterThan(19);

        // CONNACK with success, then DISCONNECT with "session taken over".
        await broker.GetStream().WriteAsync(new byte[] { 0x20, 3, 0, 0, 0, 0xE0, 2, 0x8E, 0 }, Soon);

        (await reason.Task.WaitAsync(Soon)).ShouldBe(
            $"MQTT broker 127.0.0.1:{port} ended the connection: another client connected with the same client id (0x8E)");
    }

    [Fact]
    public async Task A_message_that_expired_while_the_reader_was_away_does_not_come()
    {
        MqttLinkOptions Keeping(MqttLinkOptions o) => o with { CleanStart = false, SessionExpiry = TimeSpan.FromMinutes(5) };
        var away = await Connected("away", Keeping);
        await away.SubscribeAsync("e/#", MqttQos.AtLeastOnce, Soon);
        await away.DisposeAsync();
        var writer = await Connected("writer");
        await writer.PublishAsync(Message("e/short", "expired") with { Expiry = TimeSpan.FromSeconds(1) }, Soon);
        await writer.PublishAsync(Message("e/long", "in time") with { Expiry = TimeSpan.FromSeconds(1000) }, Soon);

        // The broker's own clock, in whole seconds: nothing here can advance it.
        await Task.Delay(TimeSpan.FromSeconds(2.2), TimeProvider.System);
        var back = await Connected("away", Keeping);

        var got = (await Read(back, 1))[0];
        Text(got).ShouldBe("in time");
        got.Expiry!.Value.ShouldBeInRange(TimeSpan.FromSeconds(900), TimeSpan.FromSeconds(999));
    }

    [Fact]
    public async Task Many_links_come_and_go_without_leaving_descriptors_or_threads()
    {
        await Cycle(5);
        var (descriptors, threads) = Count();

        await Cycle(60);

        await Eventually.True(() => Count().Descriptors <= descriptors + 10 && Count().Threads <= threads + 15, $"back to about {descriptors} and {threads}");

        async Task Cycle(int count)
        {
            var links = Enumerable.Range(0, count).Select(i => _factory.Create(new MqttLinkOptions { ClientId = $"many-{i}", Port = _broker.Port })).ToArray();
            await Task.WhenAll(links.Select(l => l.ConnectAsync(Soon)));
            await Task.WhenAll(links.Select(l => l.DisposeAsync().AsTask()));
        }

        static (int Descriptors, int Threads) Count() =>
            (Directory.GetFileSystemEntries("/proc/self/fd").Length, Directory.GetDirectories("/proc/self/task").Length);
    }

    [Fact]
    public async Task MQTT_js_and_the_link_understand_each_other()
    {
        var link = await Connected("link");
        await link.SubscribeAsync("js/to/net", MqttQos.AtLeastOnce, Soon);
        var script = RepositoryRoot.Path("tests", "EdgeFleet.Tests", "Platform", "Mqtt", "echo.mjs");
        var start = new ProcessStartInfo("node", [script, $"{_broker.Port}"])
        {
            WorkingDirectory = RepositoryRoot.Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var node = Process.Start(start)!;
        try
        {
            (await node.StandardOutput.ReadLineAsync(Soon)).ShouldBe("ready");
            var payload = new byte[300_000];
            new Random(3).NextBytes(payload);

            await link.PublishAsync(new MqttMessage("net/to/js", payload) { Expiry = TimeSpan.FromSeconds(500) }, Soon);
            await link.PublishAsync(Message("net/to/js", "žluťoučký") with { Qos = MqttQos.AtMostOnce }, Soon);

            var got = await Read(link, 2);
            got[0].Payload.Span.SequenceEqual(payload).ShouldBeTrue();
            got[0].Qos.ShouldBe(MqttQos.AtLeastOnce);
            got[0].Expiry!.Value.ShouldBeInRange(TimeSpan.FromSeconds(400), TimeSpan.FromSeconds(500));
            Text(got[1]).ShouldBe("žluťoučký");
        }
        finally
        {
            node.Kill();
            await node.WaitForExitAsync();
        }
    }

    protected override IMqttLink Create(MqttLinkOptions options)
    {
        var proxy = new TcpProxy(() => _broker.Port);
        IMqttLink link;
        try
        {
            link = _factory.Create(options with { Port = proxy.Port });
        }
        catch
        {
            proxy.DisposeAsync().AsTask().Wait();
            throw;
        }

        _proxies[link] = proxy;
        return link;
    }

    protected override Task CutAsync(IMqttLink link)
    {
        _proxies[link].Cut();
        return Task.CompletedTask;
    }

    protected override async Task StopBrokerAsync() => await _broker.StopAsync();

    protected override async Task StartBrokerAsync() => await _broker.RestartAsync();

    protected override async Task StopBrokerForGoodAsync()
    {
        foreach (var proxy in _proxies.Values)
        {
            await proxy.DisposeAsync();
        }

        await _broker.DisposeAsync();
    }
}
