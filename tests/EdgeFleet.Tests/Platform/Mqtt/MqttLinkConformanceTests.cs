using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Links;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>What every link promises, whoever carries it. The derived classes bring a broker.</summary>
public abstract class MqttLinkConformanceTests : IAsyncLifetime
{
    private readonly List<IMqttLink> _links = [];

    protected static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public abstract Task InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }

        await StopBrokerForGoodAsync();
    }

    [Fact]
    public async Task A_message_reaches_a_subscriber_with_its_bytes_quality_and_topic()
    {
        var (reader, writer) = (await Connected("reader"), await Connected("writer"));
        await reader.SubscribeAsync("a/+/c", MqttQos.AtLeastOnce, Soon);

        await writer.PublishAsync(Message("a/b/c", "hello"), Soon);
        await writer.PublishAsync(Message("a/b/d", "not for you"), Soon);
        await writer.PublishAsync(Message("a/x/c", "") with { Qos = MqttQos.AtMostOnce }, Soon);

        var got = await Read(reader, 2);
        got[0].Topic.ShouldBe("a/b/c");
        Text(got[0]).ShouldBe("hello");
        got[0].Qos.ShouldBe(MqttQos.AtLeastOnce);
        got[0].Retain.ShouldBeFalse();
        got[1].Topic.ShouldBe("a/x/c");
        got[1].Payload.Length.ShouldBe(0);
        got[1].Qos.ShouldBe(MqttQos.AtMostOnce);
    }

    [Fact]
    public async Task The_lower_quality_of_message_and_subscription_counts()
    {
        var link = await Connected("both");
        await link.SubscribeAsync("low", MqttQos.AtMostOnce, Soon);

        await link.PublishAsync(Message("low", "x"), Soon);

        (await Read(link, 1))[0].Qos.ShouldBe(MqttQos.AtMostOnce);
    }

    [Fact]
    public async Task A_retained_message_waits_for_later_subscribers_until_an_empty_one_erases_it()
    {
        var writer = await Connected("writer");
        await writer.PublishAsync(Message("state/1", "old") with { Retain = true }, Soon);
        await writer.PublishAsync(Message("state/1", "new") with { Retain = true }, Soon);
        await writer.PublishAsync(Message("state/2", "gone soon") with { Retain = true }, Soon);
        await writer.PublishAsync(Message("state/2", "") with { Retain = true }, Soon);

        var reader = await Connected("reader");
        await reader.SubscribeAsync("state/#", MqttQos.AtLeastOnce, Soon);
        await writer.PublishAsync(Message("state/1", "live") with { Retain = true }, Soon);

        var got = await Read(reader, 2);
        got.Select(Text).ShouldBe(["new", "live"]);
        got.Select(m => m.Retain).ShouldBe([true, false]);
    }

    [Fact]
    public async Task Members_of_a_shared_subscription_get_each_message_once_between_them()
    {
        var (one, two, writer) = (await Connected("one"), await Connected("two"), await Connected("writer"));
        await one.SubscribeAsync("$share/group/work/#", MqttQos.AtLeastOnce, Soon);
        await two.SubscribeAsync("$share/group/work/#", MqttQos.AtLeastOnce, Soon);

        for (var i = 0; i < 40; i++)
        {
            await writer.PublishAsync(Message($"work/{i % 3}", Number(i)), Soon);
        }

        using var enough = new CancellationTokenSource();
        var got = new ConcurrentQueue<string>();
        await Task.WhenAll(Collect(one, got, 40, enough), Collect(two, got, 40, enough));
        got.Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 40).Select(Number));
    }

    [Fact]
    public async Task A_session_keeps_messages_for_a_client_that_is_away()
    {
        MqttLinkOptions Keeping(MqttLinkOptions o) => o with { CleanStart = false, SessionExpiry = TimeSpan.FromMinutes(5) };
        var away = await Connected("away", Keeping);
        away.State.SessionPresent.ShouldBeFalse();
        await away.SubscribeAsync("for/away", MqttQos.AtLeastOnce, Soon);
        await away.DisposeAsync();
        var writer = await Connected("writer");
        await writer.PublishAsync(Message("for/away", "1"), Soon);
        await writer.PublishAsync(Message("for/away", "2"), Soon);

        var back = await Connected("away", Keeping);

        back.State.SessionPresent.ShouldBeTrue();
        (await Read(back, 2)).Select(Text).ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_clean_start_forgets_what_the_session_kept()
    {
        var away = await Connected("away", o => o with { CleanStart = false, SessionExpiry = TimeSpan.FromMinutes(5) });
        await away.SubscribeAsync("for/away", MqttQos.AtLeastOnce, Soon);
        await away.DisposeAsync();
        var writer = await Connected("writer");
        await writer.PublishAsync(Message("for/away", "lost"), Soon);

        var back = await Connected("away");
        await back.SubscribeAsync("for/away", MqttQos.AtLeastOnce, Soon);
        await writer.PublishAsync(Message("for/away", "first"), Soon);

        back.State.SessionPresent.ShouldBeFalse();
        (await Read(back, 1)).Select(Text).ShouldBe(["first"]);
    }

    [Fact]
    public async Task A_will_is_published_for_a_client_that_dies_and_not_for_one_that_leaves()
    {
        var watcher = await Connected("watcher");
        await watcher.SubscribeAsync("will/#", MqttQos.AtLeastOnce, Soon);
        var leaver = await Connected("leaver", o => o with { Will = Message("will/leaver", "died") });
        var victim = await Connected("victim", o => o with { Will = Message("will/victim", "died") with { Retain = true } });

        await leaver.DisposeAsync();
        await CutAsync(victim);

        var got = await Read(watcher, 1);
        got[0].Topic.ShouldBe("will/victim");
        Text(got[0]).ShouldBe("died");
        var late = await Connected("late");
        await late.SubscribeAsync("will/#", MqttQos.AtLeastOnce, Soon);
        (await Read(late, 1))[0].Retain.ShouldBeTrue();
    }

    [Fact]
    public async Task After_a_cut_the_link_is_back_by_itself_and_its_subscriptions_with_it()
    {
        var link = await Connected("link");
        var writer = await Connected("writer");
        var states = new ConcurrentQueue<bool>();
        var back = new TaskCompletionSource();
        link.StateChanged += s =>
        {
            states.Enqueue(s.Connected);
            if (s.Connected)
            {
                back.TrySetResult();
            }
        };
        await link.SubscribeAsync("a", MqttQos.AtLeastOnce, Soon);

        await CutAsync(link);
        await back.Task.WaitAsync(Soon);
        await Eventually.True(
            async () =>
            {
                await writer.PublishAsync(Message("a", "again"), Soon);
                return ((LinkBase)link).Incoming.Count > 0;
            },
            "the renewed subscription delivers");

        Text((await Read(link, 1))[0]).ShouldBe("again");
        states.ShouldBe([false, true]);
        link.State.Connected.ShouldBeTrue();
    }

    [Fact]
    public async Task Retained_messages_do_not_come_again_when_the_session_was_kept()
    {
        var link = await Connected("link", o => o with { SessionExpiry = TimeSpan.FromMinutes(5) });
        await link.PublishAsync(Message("r", "kept") with { Retain = true }, Soon);

        // Quality 0, because a lost acknowledgement may well bring a message of quality 1 again.
        await link.SubscribeAsync("r", MqttQos.AtMostOnce, Soon);
        Text((await Read(link, 1))[0]).ShouldBe("kept");
        var back = Back(link);

        await CutAsync(link);
        await back.WaitAsync(Soon);
        link.State.SessionPresent.ShouldBeTrue();
        await link.SubscribeAsync("other", MqttQos.AtLeastOnce, Soon);
        await link.PublishAsync(Message("other", "next"), Soon);

        Text((await Read(link, 1))[0]).ShouldBe("next");
    }

    [Fact]
    public async Task A_publish_that_waits_for_a_broker_is_done_when_there_is_one()
    {
        await StopBrokerAsync();
        var link = New("early");
        link.Start();
        var publish = link.PublishAsync(Message("a", "1") with { Retain = true }, Soon);
        var subscribe = link.SubscribeAsync("a", MqttQos.AtLeastOnce, Soon);
        subscribe.IsCompletedSuccessfully.ShouldBeTrue();
        publish.IsCompleted.ShouldBeFalse();
        link.State.Connected.ShouldBeFalse();

        await StartBrokerAsync();

        await publish;
        Text((await Read(link, 1))[0]).ShouldBe("1");
    }

    [Fact]
    public async Task Quality_0_fails_while_there_is_no_connection()
    {
        var link = New("nobody");

        var error = await Should.ThrowAsync<MqttLinkException>(() => link.PublishAsync(Message("a", "1") with { Qos = MqttQos.AtMostOnce }, Soon));

        error.Message.ShouldContain("Not connected");
    }

    [Fact]
    public async Task After_unsubscribing_nothing_comes()
    {
        var link = await Connected("link");
        await link.SubscribeAsync("a", MqttQos.AtLeastOnce, Soon);
        await link.SubscribeAsync("b", MqttQos.AtLeastOnce, Soon);
        await link.UnsubscribeAsync("a", Soon);
        await link.UnsubscribeAsync("never/subscribed", Soon);

        await link.PublishAsync(Message("a", "unheard"), Soon);
        await link.PublishAsync(Message("b", "heard"), Soon);

        Text((await Read(link, 1))[0]).ShouldBe("heard");
    }

    [Fact]
    public async Task Messages_keep_their_order_however_many_are_on_their_way()
    {
        var (reader, writer) = (await Connected("reader"), await Connected("writer", o => o with { QueueLength = 16 }));
        await reader.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);

        var sends = Enumerable.Range(0, 500).Select(i => writer.PublishAsync(Message("n", Number(i)), Soon)).ToArray();
        ((LinkBase)writer).Outgoing.Queued.ShouldBeLessThanOrEqualTo(16);
        await Task.WhenAll(sends);

        (await Read(reader, 500)).Select(Text).ShouldBe(Enumerable.Range(0, 500).Select(Number));
    }

    [Fact]
    public async Task No_message_of_quality_1_is_lost_while_connections_are_cut()
    {
        var reader = await Connected("reader", o => o with { SessionExpiry = TimeSpan.FromMinutes(5) });
        var writer = await Connected("writer");
        await reader.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        var got = new ConcurrentDictionary<string, bool>();
        using var enough = new CancellationTokenSource();
        var reading = Collect(reader, new ConcurrentQueue<string>(), int.MaxValue, enough, text => _ = got.TryAdd(text, true) && got.Count == 600 && Cancel(enough));

        for (var i = 0; i < 600; i += 20)
        {
            var batch = Enumerable.Range(i, 20).Select(n => writer.PublishAsync(Message("n", Number(n)), Soon)).ToArray();
            if (i % 100 == 0)
            {
                await CutAsync(i % 200 == 0 ? writer : reader);
            }

            await Task.WhenAll(batch);
        }

        await reading.WaitAsync(Soon);
        got.Count.ShouldBe(600);
    }

    [Fact]
    public async Task A_slow_reader_stops_the_flow_and_loses_nothing()
    {
        var slow = await Connected("slow", o => o with { QueueLength = 10 });
        var writer = await Connected("writer");
        await slow.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);

        for (var i = 0; i < 300; i++)
        {
            await writer.PublishAsync(Message("n", Number(i)), Soon);
        }

        // One network read may bring more than there is room for, but not much more.
        ((LinkBase)slow).Incoming.Count.ShouldBeLessThan(60);
        (await Read(slow, 300)).Select(Text).ShouldBe(Enumerable.Range(0, 300).Select(Number));
    }

    [Fact]
    public async Task Large_payloads_arrive_whole()
    {
        var link = await Connected("link");
        await link.SubscribeAsync("big", MqttQos.AtLeastOnce, Soon);
        var random = new Random(7);
        var payloads = new[] { 256 * 1024, 1, 1024 * 1024, 65_536 }.Select(n =>
        {
            var bytes = new byte[n];
            random.NextBytes(bytes);
            return bytes;
        }).ToArray();

        foreach (var payload in payloads)
        {
            await link.PublishAsync(new MqttMessage("big", payload), Soon);
        }

        var got = await Read(link, payloads.Length);
        for (var i = 0; i < payloads.Length; i++)
        {
            got[i].Payload.Span.SequenceEqual(payloads[i]).ShouldBeTrue($"payload {i}");
        }
    }

    [Fact]
    public async Task A_second_client_of_the_same_id_ends_the_first_ones_connection()
    {
        var first = await Connected("same", o => o with { ReconnectMin = TimeSpan.FromMinutes(1), ReconnectMax = TimeSpan.FromMinutes(1) });
        var lost = new TaskCompletionSource<string>();
        first.StateChanged += s => _ = s.Connected || lost.TrySetResult(s.Reason);

        var second = await Connected("same");

        (await lost.Task.WaitAsync(Soon)).ShouldNotBeEmpty();
        second.State.Connected.ShouldBeTrue();
        first.State.Connected.ShouldBeFalse();
    }

    [Fact]
    public async Task Disposal_under_load_answers_every_call_and_ends_the_reader()
    {
        var writer = await Connected("writer");
        var link = await Connected("link", o => o with { QueueLength = 50 });
        await link.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon);
        var reading = Task.Run(async () =>
        {
            var count = 0;
            await foreach (var unused in link.ReadAllAsync(CancellationToken.None))
            {
                count++;
            }

            return count;
        });
        var sends = Enumerable.Range(0, 2000).Select(i => link.PublishAsync(Message("n", Number(i)), CancellationToken.None)).ToArray();
        await sends[50].WaitAsync(Soon);

        await link.DisposeAsync();
        await link.DisposeAsync();

        var ends = await Task.WhenAll(sends.Select(async s => await Outcome(s))).WaitAsync(Soon);
        ends.ShouldAllBe(e => e == null || e is ObjectDisposedException);
        ends.Count(e => e is null).ShouldBeGreaterThan(0);
        await reading.WaitAsync(Soon);
        link.State.ShouldBe(new MqttLinkState(false, false, "disposed"));
        await Should.ThrowAsync<ObjectDisposedException>(() => link.PublishAsync(Message("n", "late"), Soon));
        await Should.ThrowAsync<ObjectDisposedException>(() => link.SubscribeAsync("n", MqttQos.AtLeastOnce, Soon));
        await Should.ThrowAsync<ObjectDisposedException>(() => link.ConnectAsync(Soon));
        Should.Throw<ObjectDisposedException>(link.Start);
    }

    [Fact]
    public async Task A_link_that_never_was_started_can_be_disposed()
    {
        var link = New("idle");
        var waiting = link.PublishAsync(Message("a", "1"), CancellationToken.None);

        await link.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(() => waiting);
    }

    [Fact]
    public async Task Cancelling_takes_a_waiting_message_out_of_the_queue()
    {
        var link = New("waiter", o => o with { QueueLength = 2 });
        using var cancel = new CancellationTokenSource();
        var first = link.PublishAsync(Message("a", "cancelled") with { Retain = true }, cancel.Token);
        var second = link.PublishAsync(Message("b", "also cancelled") with { Retain = true }, cancel.Token);
        var third = link.PublishAsync(Message("c", "sent") with { Retain = true }, Soon);
        ((LinkBase)link).Outgoing.Waiting.ShouldBe(1);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => first);
        await Should.ThrowAsync<OperationCanceledException>(() => second);
        ((LinkBase)link).Outgoing.Waiting.ShouldBe(0);
        await link.ConnectAsync(Soon);
        await third;
        await link.SubscribeAsync("#", MqttQos.AtLeastOnce, Soon);
        Text((await Read(link, 1))[0]).ShouldBe("sent");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/+/b")]
    [InlineData("a/#")]
    [InlineData("a\0b")]
    public async Task A_topic_that_cannot_be_published_to_is_the_callers_mistake(string topic)
    {
        var link = New("link");

        await Should.ThrowAsync<ArgumentException>(() => link.PublishAsync(Message(topic, "x"), Soon));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a+/b")]
    [InlineData("a/#/b")]
    [InlineData("$share/g")]
    [InlineData("$share//a")]
    public async Task A_filter_that_is_none_is_the_callers_mistake(string filter)
    {
        var link = New("link");

        await Should.ThrowAsync<ArgumentException>(() => link.SubscribeAsync(filter, MqttQos.AtLeastOnce, Soon));
    }

    [Fact]
    public void An_option_out_of_range_is_named()
    {
        Should.Throw<ArgumentException>(() => New("x", o => o with { KeepAlive = TimeSpan.FromSeconds(4) })).Message.ShouldContain("KeepAlive");
        Should.Throw<ArgumentException>(() => New("x", o => o with { QueueLength = 0 })).Message.ShouldContain("QueueLength");
        Should.Throw<ArgumentException>(() => New("")).Message.ShouldContain("ClientId");
        Should.Throw<ArgumentException>(() => New("x", o => o with { Will = Message("a/#", "x") })).Message.ShouldContain("topic");
    }

    protected abstract IMqttLink Create(MqttLinkOptions options);

    /// <summary>Cuts the link's connection as if its process or its network had died.</summary>
    protected abstract Task CutAsync(IMqttLink link);

    /// <summary>Ends the broker in order; it keeps sessions and retained messages.</summary>
    protected abstract Task StopBrokerAsync();

    protected abstract Task StartBrokerAsync();

    protected abstract Task StopBrokerForGoodAsync();

    protected static MqttMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text));

    protected static string Text(MqttMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    protected static string Number(int n) => n.ToString("D5", CultureInfo.InvariantCulture);

    protected static bool Cancel(CancellationTokenSource source)
    {
        source.Cancel();
        return true;
    }

    protected static Task Back(IMqttLink link)
    {
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.StateChanged += s => _ = s.Connected && back.TrySetResult();
        return back.Task;
    }

    protected static async Task<Exception?> Outcome(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    protected static async Task<List<MqttMessage>> Read(IMqttLink link, int count)
    {
        var got = new List<MqttMessage>();
        await foreach (var message in link.ReadAllAsync(Soon))
        {
            got.Add(message);
            if (got.Count == count)
            {
                break;
            }
        }

        return got;
    }

    protected static async Task Collect(
        IMqttLink link, ConcurrentQueue<string> into, int count, CancellationTokenSource enough, Action<string>? also = null)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, Soon);
        try
        {
            await foreach (var message in link.ReadAllAsync(either.Token))
            {
                into.Enqueue(Text(message));
                also?.Invoke(Text(message));
                if (into.Count >= count)
                {
                    await enough.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // All there is was read, here or by the other reader.
            return;
        }
    }

    protected IMqttLink New(string clientId, Func<MqttLinkOptions, MqttLinkOptions>? change = null)
    {
        var options = new MqttLinkOptions { ClientId = clientId, ReconnectMin = TimeSpan.FromMilliseconds(20), ReconnectMax = TimeSpan.FromMilliseconds(200) };
        var link = Create(change?.Invoke(options) ?? options);
        _links.Add(link);
        return link;
    }

    protected async Task<IMqttLink> Connected(string clientId, Func<MqttLinkOptions, MqttLinkOptions>? change = null)
    {
        var link = New(clientId, change);
        await link.ConnectAsync(Soon);
        return link;
    }
}
