using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>The native link against a real mosquitto.</summary>
public sealed class LibmosquittoLinkTests : MqttLinkConformanceTests
{
    private readonly LibmosquittoLinkFactory _factory = new();
    private MosquittoFixture _broker = null!;

    public override async Task InitializeAsync() => _broker = await MosquittoFixture.StartAsync();

    protected override IMqttLink Create(MqttLinkOptions options) => _factory.Create(options with { Port = _broker.Port });

    protected override async Task StopBrokerForGoodAsync() => await _broker.DisposeAsync();
}
