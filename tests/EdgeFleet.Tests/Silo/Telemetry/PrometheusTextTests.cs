using EdgeFleet.Silo.Telemetry;

namespace EdgeFleet.Tests.Silo.Telemetry;

public sealed class PrometheusTextTests
{
    [Fact]
    public void A_hostile_label_value_stays_inside_its_quotes()
    {
        var text = new PrometheusText().Family("x", "gauge", "X.").Sample(1, ("a", "q\"\\\n\r\ud800")).ToString();

        text.ShouldBe("# HELP x X.\n# TYPE x gauge\nx{a=\"q\\\"\\\\\\n\ufffd\ufffd\"} 1\n");
    }

    [Fact]
    public void A_long_label_value_is_cut() =>
        new PrometheusText().Family("x", "gauge", "X.").Sample(1, ("a", new string('z', 5000))).ToString().Length.ShouldBeLessThan(300);

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(0.1, "0.1")]
    [InlineData(12345678901, "12345678901")]
    public void Numbers_are_written_as_prometheus_reads_them(double value, string text) => PrometheusText.Number(value).ShouldBe(text);
}
