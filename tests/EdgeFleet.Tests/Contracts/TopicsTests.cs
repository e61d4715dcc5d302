using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Tests.Contracts;

public sealed class TopicsTests
{
    [Fact]
    public void What_a_device_sends_is_read_back()
    {
        var device = new DeviceId("cam-1");
        foreach (var (topic, kind) in new[]
                 {
                     (Topics.Registration(device), UpKind.Registration), (Topics.Reported(device), UpKind.Reported),
                     (Topics.Telemetry(device), UpKind.Telemetry), (Topics.Want(device), UpKind.Want), (Topics.Presence(device), UpKind.Presence),
                 })
        {
            Topics.TryParseUp(topic, out var parsed, out var parsedKind).ShouldBeTrue();
            (parsed, parsedKind).ShouldBe((device, kind));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("edgefleet/v1/cam-1/up")]
    [InlineData("edgefleet/v1/cam-1/up/reported/more")]
    [InlineData("edgefleet/v1/cam-1/down/desired")]
    [InlineData("edgefleet/v2/cam-1/up/reported")]
    [InlineData("EdgeFleet/v1/cam-1/up/reported")]
    [InlineData("edgefleet/v1//up/reported")]
    [InlineData("edgefleet/v1/+/up/reported")]
    [InlineData("edgefleet/v1/#/up/reported")]
    [InlineData("edgefleet/v1/../up/reported")]
    [InlineData("edgefleet/v1/cam 1/up/reported")]
    [InlineData("/edgefleet/v1/cam-1/up/reported")]
    [InlineData("edgefleet/v1/blob/0000")]
    public void Any_other_topic_is_refused(string topic)
    {
        Topics.TryParseUp(topic, out var device, out var kind).ShouldBeFalse();
        (device.Value, kind).ShouldBe((null, ""));
    }

    [Fact]
    public void A_topic_of_endless_levels_is_refused_quickly() =>
        Topics.TryParseUp(new string('/', 65_000), out _, out _).ShouldBeFalse();
}
