using EdgeFleet.Cli.Commands;

namespace EdgeFleet.Tests.Cli.Commands;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("2s", 2)]
    [InlineData("1.5m", 90)]
    [InlineData("1h", 3600)]
    [InlineData("0s", 0)]
    public void A_number_with_its_unit_is_a_time(string text, double seconds)
    {
        Durations.TryParse(text, out var value).ShouldBeTrue();
        value.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e300s")]
    [InlineData("31000h")]
    [InlineData("2 s")]
    public void Anything_else_is_refused(string text) => Durations.TryParse(text, out _).ShouldBeFalse();
}
