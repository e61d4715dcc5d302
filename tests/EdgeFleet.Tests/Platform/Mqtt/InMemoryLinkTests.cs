using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Memory;

namespace EdgeFleet.Tests.Platform.Mqtt;

/// <summary>The link in memory, and the faults that its broker can make.</summary>
public sealed class InMemoryLinkTests : MqttLinkConformanceTests
{
    private readonly InMemoryMqttBroker _broker = new(TimeProvider.System);

    public override Task InitializeAsync() => Task.CompletedTask;

    protected override IMqttLink Create(MqttLinkOptions options) => _broker.Create(options);

    protected override Task StopBrokerForGoodAsync() => Task.CompletedTask;
}
