using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Tests.Compression.Search;

public sealed class PooledLatencyTests
{
    [Fact]
    public void Candidates_that_do_the_same_work_share_the_median_of_their_latencies()
    {
        var pooled = PooledLatency.Of([Measured(0.5), Measured(0.9), null, Measured(0.6), Measured(0.7)], ["a", "b", "a", "a", "a"]);
        pooled.Select(q => q is null ? -1 : Math.Round(q.LatencyRatio, 6)).ShouldBe([0.6, 0.9, -1, 0.6, 0.6]);
    }

    [Fact]
    public void Where_the_work_is_not_known_or_nothing_was_timed_it_stays_as_it_was()
    {
        var untimed = Measured(0.5) with { LatencyMs = 0, SourceLatencyMs = 0 };
        PooledLatency.Of([Measured(0.5), Measured(0.7), untimed], [null, null, "a"]).ShouldBe([Measured(0.5), Measured(0.7), untimed]);
    }

    [Fact]
    public void Noise_between_equals_does_not_choose_the_winner()
    {
        var goal = GoalParser.Parse("at most 1 points lost, fastest");
        string?[] work = ["int8", "int8", "fp16"];
        foreach (var (first, second) in new[] { (0.5, 0.6), (0.6, 0.5) })
        {
            QualityMeasurement?[] measured = [Measured(first, lost: 0.5), Measured(second, lost: 0.1), Measured(1, lost: 0)];
            WinnerRule.Choose(goal, PooledLatency.Of(measured, work)).ShouldBe(1, "of those that take the same time the one that loses less");
        }
    }

    [Theory]
    [InlineData("int8", "int8-reduced", true)]
    [InlineData("int8", "int8-signed", false)]
    [InlineData("weights4", "weights8", false)]
    [InlineData("fp32", "fp16", false)]
    public void Numbers_do_not_count_as_work_and_types_do(string a, string b, bool same)
    {
        string Work(string name) => WorkSignature.Of(TestModels.Produce(TestModels.Request(
            "lenet-mnist", CompressionKinds.TryParse(name, out var kind) ? kind : throw new ArgumentException(name), 64)).Model);
        (Work(a) == Work(b)).ShouldBe(same);
    }

    private static QualityMeasurement Measured(double ratio, double lost = 0) => new(100, false, 1, 1, 0, 0.9 - (lost / 100), 0.9, 100, 1000, 2 * ratio, 2, 0.9);
}
