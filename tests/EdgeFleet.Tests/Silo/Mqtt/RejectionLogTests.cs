using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Silo.Telemetry;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Tests.Silo.Mqtt;

public sealed class RejectionLogTests
{
    private readonly FleetCounters _counters = new();
    private readonly ManualTimeProvider _time = new();
    private readonly LineLogger<RejectionLog> _logger = new();

    [Fact]
    public void A_thousand_bad_messages_of_one_device_are_counted_and_one_is_logged_with_its_id()
    {
        var log = new RejectionLog(_counters, _time, _logger);
        for (var i = 0; i < 1000; i++)
        {
            log.Add(new UpMessage.Rejected(Samples.Cam1, UpFault.Malformed, "not JSON"));
        }

        _counters.Rejected(UpFault.Malformed).ShouldBe(1000);
        _logger.Lines.ShouldHaveSingleItem().ShouldContain("cam-1");
    }

    [Fact]
    public void After_a_minute_the_next_line_tells_how_many_were_silent()
    {
        var log = new RejectionLog(_counters, _time, _logger);
        var rejected = new UpMessage.Rejected(Samples.Cam1, UpFault.Oversize, "10 MB");
        log.Add(rejected);
        log.Add(rejected);
        log.Add(rejected);
        _time.Advance(TimeSpan.FromMinutes(1.1));

        log.Add(rejected);

        _logger.Lines.Count.ShouldBe(2);
        _logger.Lines[1].ShouldContain("2 more");
    }

    [Fact]
    public void Another_device_has_its_own_line()
    {
        var log = new RejectionLog(_counters, _time, _logger);
        log.Add(new UpMessage.Rejected(Samples.Cam1, UpFault.Oversize, "10 MB"));
        log.Add(new UpMessage.Rejected(new DeviceId("cam-2"), UpFault.Oversize, "10 MB"));

        _logger.Lines.Count.ShouldBe(2);
    }
}
