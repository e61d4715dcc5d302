using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Memory;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>The link in memory, and the faults that its broker can make.</summary>
public sealed class InMemoryLinkTests : MqttLinkConformanceTests
{
    private readonly InMemoryMqttBroker _broker = new(TimeProvider.System);

    public override Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Faults_drop_duplicate_and_reorder_single_deliveries()
    {
        var link = await Connected("link");
        await link.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        _broker.Fault = (client, message) => (client, Text(message)) switch
        {
            ("link", "drop") => new MqttFault.Drop(),
            ("link", "twice") => new MqttFault.Duplicate(),
            ("link", "late") => new MqttFault.Reorder(),
            _ => null,
        };

        foreach (var text in new[] { "one", "drop", "twice", "late", "early", "end" })
        {
            await link.PublishAsync(Message("n", text), Soon);
        }

        (await Read(link, 6)).Select(Text).ShouldBe(["one", "twice", "twice", "early", "late", "end"]);
    }

    [Fact]
    public async Task A_delayed_message_comes_when_its_time_has_come()
    {
        var time = new ManualTimeProvider();
        var broker = new InMemoryMqttBroker(time) { Fault = (_, m) => Text(m) == "slow" ? new MqttFault.Delay(TimeSpan.FromSeconds(3)) : null };
        await using var link = broker.Create(new MqttLinkOptions { ClientId = "link" });
        await link.ConnectAsync(Soon);
        await link.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        await link.PublishAsync(Message("n", "slow"), Soon);
        await link.PublishAsync(Message("n", "quick"), Soon);
        Text((await Read(link, 1))[0]).ShouldBe("quick");

        time.Advance(TimeSpan.FromSeconds(3));

        Text((await Read(link, 1))[0]).ShouldBe("slow");
    }

    [Fact]
    public async Task A_lost_acknowledgement_brings_the_message_again_after_a_reconnect()
    {
        var link = await Connected("link", o => o with { SessionExpiry = TimeSpan.FromMinutes(1) });
        await link.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        _broker.Fault = (_, _) => new MqttFault.LoseAcknowledgement();
        await link.PublishAsync(Message("n", "again"), Soon);
        Text((await Read(link, 1))[0]).ShouldBe("again");
        _broker.Fault = null;

        _broker.DisconnectEveryone();

        Text((await Read(link, 1))[0]).ShouldBe("again");
    }

    [Fact]
    public async Task A_publish_whose_acknowledgement_is_cut_off_is_sent_again()
    {
        var (reader, writer) = (await Connected("reader"), await Connected("writer"));
        await reader.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        var cuts = 2;
        _broker.CutBeforeAcknowledgement = (client, _) => client == "writer" && cuts-- > 0;

        await writer.PublishAsync(Message("n", "x"), Soon);

        (await Read(reader, 3)).Select(Text).ShouldBe(["x", "x", "x"]);
    }

    [Fact]
    public async Task Messages_and_sessions_expire_by_the_given_time()
    {
        var time = new ManualTimeProvider();
        var broker = new InMemoryMqttBroker(time);
        var options = new MqttLinkOptions { ClientId = "away", CleanStart = false, SessionExpiry = TimeSpan.FromMinutes(10) };
        var away = broker.Create(options);
        await away.ConnectAsync(Soon);
        await away.SubscribeAsync("e", MqttQos.AtLeastOnce, Soon);
        await away.DisposeAsync();
        await using var writer = broker.Create(new MqttLinkOptions { ClientId = "writer" });
        await writer.ConnectAsync(Soon);
        await writer.PublishAsync(Message("e", "short") with { Expiry = TimeSpan.FromSeconds(10) }, Soon);
        await writer.PublishAsync(Message("e", "long") with { Expiry = TimeSpan.FromSeconds(100), Retain = true }, Soon);

        time.Advance(TimeSpan.FromSeconds(30));
        var back = broker.Create(options);
        await back.ConnectAsync(Soon);
        var got = (await Read(back, 1))[0];
        Text(got).ShouldBe("long");
        got.Expiry.ShouldBe(TimeSpan.FromSeconds(70));
        await back.DisposeAsync();
        broker.RetainedTopics.ShouldBe(["e"]);
        time.Advance(TimeSpan.FromMinutes(10));

        broker.RetainedTopics.ShouldBeEmpty();
        await using var late = broker.Create(options);
        await late.ConnectAsync(Soon);
        late.State.SessionPresent.ShouldBeFalse();
    }

    [Fact]
    public async Task A_refusal_reaches_who_asked()
    {
        _broker.Authorize = (_, topic, isPublish) => !topic.StartsWith("secret", StringComparison.Ordinal);
        var link = await Connected("link");

        (await Should.ThrowAsync<MqttLinkException>(() => link.PublishAsync(Message("secret/1", "x"), Soon))).ReasonCode.ShouldBe(0x87);
        (await Should.ThrowAsync<MqttLinkException>(() => link.SubscribeAsync("secret/#", MqttQos.AtLeastOnce, Soon))).ReasonCode.ShouldBe(0x87);

        _broker.Admit = _ => 0x86;
        var stranger = New("stranger");
        (await Should.ThrowAsync<MqttLinkException>(() => stranger.ConnectAsync(Soon))).ReasonCode.ShouldBe(0x86);
        _broker.Admit = null;
        await stranger.ConnectAsync(Soon);
    }

    [Fact]
    public async Task A_refusal_that_nobody_waits_for_shows_in_the_state()
    {
        _broker.Authorize = (_, topic, _) => topic != "secret";
        var link = New("link");
        await link.SubscribeAsync("secret", MqttQos.AtLeastOnce, Soon);

        await link.ConnectAsync(Soon);

        await Eventually.True(() => link.State.Reason.Contains("refused to subscribe to 'secret'"), "the refusal shows");
        link.State.Connected.ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_session_drops_the_newest()
    {
        var broker = new InMemoryMqttBroker(TimeProvider.System) { MaxQueuedMessages = 3 };
        var away = broker.Create(new MqttLinkOptions { ClientId = "away", SessionExpiry = TimeSpan.FromMinutes(1) });
        await away.ConnectAsync(Soon);
        await away.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        await away.DisposeAsync();
        await using var writer = broker.Create(new MqttLinkOptions { ClientId = "writer" });
        await writer.ConnectAsync(Soon);
        for (var i = 0; i < 5; i++)
        {
            await writer.PublishAsync(Message("n", Number(i)), Soon);
        }

        await using var back = broker.Create(new MqttLinkOptions { ClientId = "away", CleanStart = false });
        await back.ConnectAsync(Soon);

        (await Read(back, 3)).Select(Text).ShouldBe([Number(0), Number(1), Number(2)]);
        broker.DroppedMessages.ShouldBe(2);
    }

    protected override IMqttLink Create(MqttLinkOptions options) => _broker.Create(options);

    protected override Task CutAsync(IMqttLink link)
    {
        _broker.Kill(link.ClientId);
        return Task.CompletedTask;
    }

    protected override Task StopBrokerAsync()
    {
        _broker.Stop();
        return Task.CompletedTask;
    }

    protected override Task StartBrokerAsync()
    {
        _broker.Start();
        return Task.CompletedTask;
    }

    protected override Task StopBrokerForGoodAsync() => Task.CompletedTask;
}
