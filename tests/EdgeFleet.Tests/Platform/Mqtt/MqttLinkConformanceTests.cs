using System.Text;
using EdgeFleet.Mqtt;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>What every link promises, whoever carries it. The derived classes bring a broker.</summary>
public abstract class MqttLinkConformanceTests : IAsyncLifetime
{
    private readonly List<IMqttLink> _links = [];

    protected static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

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
        var reader = await Connected("reader");
        var writer = await Connected("writer");
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

    protected abstract IMqttLink Create(MqttLinkOptions options);

    protected abstract Task StopBrokerForGoodAsync();

    protected static MqttMessage Message(string topic, string text) => new(topic, Encoding.UTF8.GetBytes(text));

    protected static string Text(MqttMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

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
