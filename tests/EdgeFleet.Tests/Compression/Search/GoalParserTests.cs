using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Tests.Compression.Search;

public sealed class GoalParserTests
{
    [Fact]
    public void A_goal_in_the_users_words_becomes_limits_and_an_objective()
    {
        var goal = GoalParser.Parse("At most 0.5 points lost, under 2 MB, fastest on this target");
        goal.MostPointsLost.ShouldBe(0.5);
        goal.MostBytes.ShouldBe(2_000_000);
        goal.Objective.ShouldBe(GoalObjective.Fastest);
        goal.MayBeSlower.ShouldBeFalse();
    }

    [Theory]
    [InlineData("smallest", GoalObjective.Smallest)]
    [InlineData("as small as possible", GoalObjective.Smallest)]
    [InlineData("the most accurate", GoalObjective.MostAccurate)]
    [InlineData("under 1 MiB", GoalObjective.Fastest)]
    [InlineData("as fast as possible", GoalObjective.Fastest)]
    public void An_objective_is_one_of_three_and_speed_where_none_is_named(string text, GoalObjective objective) =>
        GoalParser.Parse(text).Objective.ShouldBe(objective);

    [Theory]
    [InlineData("under 300 kB", 300_000L)]
    [InlineData("at most 1.5 MiB", 1_572_864L)]
    [InlineData("size <= 4096 bytes", 4096L)]
    public void Sizes_have_units(string text, long bytes) => GoalParser.Parse(text).MostBytes.ShouldBe(bytes);

    [Fact]
    public void Shares_are_of_the_size_or_of_the_time()
    {
        var goal = GoalParser.Parse("at most 30 % of the size and under 80% of the original's time; no loss");
        goal.MostSizeShare.ShouldBe(0.3);
        goal.MostLatencyShare.ShouldBe(0.8);
        goal.MostPointsLost.ShouldBe(0);
    }

    [Theory]
    [InlineData("twice as fast", 0.5)]
    [InlineData("2.5x faster", 0.4)]
    [InlineData("not slower", 1.0)]
    public void Speed_may_be_a_factor(string text, double share) => GoalParser.Parse(text).MostLatencyShare.ShouldBe(share);

    [Theory]
    [InlineData("")]
    [InlineData("  , ")]
    [InlineData("good")]
    [InlineData("under 5")]
    [InlineData("at most 50 %")]
    [InlineData("fastest, smallest")]
    [InlineData("at most -1 points lost")]
    [InlineData("0x faster")]
    public void What_is_not_understood_is_named_with_examples(string text) =>
        Should.Throw<FormatException>(() => GoalParser.Parse(text)).Message.ShouldContain("points lost");

    [Fact]
    public void A_goal_reads_itself_back()
    {
        var goal = new CompressionGoal(GoalObjective.Smallest) { MostPointsLost = 0.25, MostBytes = 12_345, MostSizeShare = 0.5, MostLatencyMs = 1.5, MostLatencyShare = 0.75 };
        GoalParser.Parse(goal.ToString()).ShouldBe(goal);
    }

    [Fact]
    public void A_figure_that_was_not_measured_breaks_its_limit()
    {
        var quality = Quality(latencyMs: 0);
        new CompressionGoal(GoalObjective.Fastest) { MostLatencyMs = 5 }.Broken(quality).ShouldBe("its latency was not measured");
        new CompressionGoal(GoalObjective.Fastest) { MostLatencyShare = 5 }.Broken(quality).ShouldBe("its latency was not measured");
    }

    [Theory]
    [InlineData(0.5, null)]
    [InlineData(0.49, "loses 0.50 points, 0.49 are allowed")]
    public void A_limit_holds_at_its_value_and_not_below(double points, string? broken) =>
        new CompressionGoal(GoalObjective.Fastest) { MostPointsLost = points }.Broken(Quality(1)).ShouldBe(broken);

    private static QualityMeasurement Quality(double latencyMs) =>
        new(1000, false, 0.98, 1, 0, 0.905, 0.91, 100, 400, latencyMs, latencyMs * 2, 0.97);
}
