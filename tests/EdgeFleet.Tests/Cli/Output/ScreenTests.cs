using EdgeFleet.Cli.Output;

namespace EdgeFleet.Tests.Cli.Output;

public sealed class ScreenTests
{
    [Fact]
    public void In_a_pipe_a_table_is_aligned_lines_that_awk_can_read()
    {
        var output = new StringWriter();

        new Screen(output, isTerminal: false).Table([new("DEVICE"), new("IMAGES", Right: true)], [["camera-1", "12"], ["gateway-17", "1,234"]]);

        output.ToString().Split('\n').ShouldBe(["DEVICE      IMAGES", "camera-1        12", "gateway-17   1,234", ""]);
    }

    [Fact]
    public void On_a_terminal_it_is_drawn_and_what_looks_like_markup_is_text()
    {
        var output = new StringWriter();

        new Screen(output, isTerminal: true).Table([new("DEVICE"), new("SAYS")], [["camera-1", "[red]alert[/] [unclosed"]]);

        output.ToString().ShouldContain("[red]alert[/] [unclosed");
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(4_340_598, "4.14 MiB")]
    [InlineData(64L << 20, "64 MiB")]
    [InlineData(long.MaxValue, "8388608 TiB")]
    public void Bytes_have_three_digits_at_most_below_a_thousand(long bytes, string expected) => Format.Bytes(bytes).ShouldBe(expected);

    [Fact]
    public void What_is_not_there_is_a_dash()
    {
        Format.Milliseconds(double.NaN).ShouldBe("-");
        Format.Milliseconds(null).ShouldBe("-");
        Format.Percent(null).ShouldBe("-");
        Format.Age(null, DateTimeOffset.UnixEpoch).ShouldBe("never");
    }
}
