using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Tests.Compression.Recovery;

public sealed class MixedPrecisionTests
{
    // Noise per byte: small 0.01, loud 0.001, even 0.001, quiet 0.
    private static readonly LayerSensitivity[] s_ranking =
    [
        new("loud", "Conv", 0.4, 400, true),
        new("even", "Conv", 0.2, 200, true),
        new("small", "Conv", 0.1, 10, true),
        new("quiet", "Conv", 0, 1000, true),
    ];

    [Fact]
    public void The_layer_of_most_noise_per_byte_is_kept_first() => MixedPrecision.Order(s_ranking).ShouldBe(["small", "loud", "even", "quiet"]);

    [Fact]
    public void Another_cost_gives_another_order() =>
        MixedPrecision.Order(s_ranking, l => l.Layer == "even" ? 0 : 1).ShouldBe(["even", "loud", "small", "quiet"]);

    [Theory]
    [InlineData(0.71, "")]
    [InlineData(0.65, "small")]
    [InlineData(0.6, "small,loud")]
    [InlineData(0.1, "small,loud,even")]
    [InlineData(0, "small,loud,even")]
    public void As_few_layers_are_kept_as_the_noise_allows(double noise, string kept) =>
        string.Join(",", MixedPrecision.ForNoise(s_ranking, noise)!).ShouldBe(kept);

    [Fact]
    public void Noise_below_none_cannot_be_reached() => MixedPrecision.ForNoise(s_ranking, -0.1).ShouldBeNull();

    [Theory]
    [InlineData(9, "")]
    [InlineData(10, "small")]
    [InlineData(250, "small,even")]
    [InlineData(410, "small,loud")]
    [InlineData(100000, "small,loud,even")]
    public void What_does_not_fit_is_stepped_over_and_what_brings_no_noise_is_left_out(double bytes, string kept) =>
        string.Join(",", MixedPrecision.WithinCost(s_ranking, bytes)).ShouldBe(kept);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public void Halving_finds_the_fewest_layers_in_few_measurements(int needed)
    {
        string[] order = [.. Enumerable.Range(0, 20).Select(i => $"layer{i}")];
        var asked = 0;
        var kept = MixedPrecision.Fewest(order, k =>
        {
            asked++;
            return k.Count >= needed;
        });
        kept.ShouldBe(order.Take(needed));
        asked.ShouldBeLessThanOrEqualTo(7);
    }

    [Fact]
    public void A_goal_that_all_layers_float_miss_is_not_reached() => MixedPrecision.Fewest(["a", "b"], _ => false).ShouldBeNull();

    [Fact]
    public void Without_layers_only_the_variant_itself_is_asked() => MixedPrecision.Fewest([], _ => false).ShouldBeNull();

    [Fact]
    public void Noise_is_told_in_decibels_too()
    {
        new LayerSensitivity("a", "Conv", 0.01, 1, true).SqnrDb.ShouldBe(20, 1e-9);
        new LayerSensitivity("a", "Conv", 0, 1, true).SqnrDb.ShouldBe(200);
    }
}
