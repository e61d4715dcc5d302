using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Tests.Compression.Search;

public sealed class WinnerRuleTests
{
    private static readonly CompressionGoal s_fastest = new(GoalObjective.Fastest);

    [Fact]
    public void The_fastest_wins_by_more_than_the_noise() =>
        WinnerRule.Choose(s_fastest, [Quality(0.9, 100), Quality(0.8, 200)]).ShouldBe(1);

    [Fact]
    public void Between_equally_fast_ones_the_smaller_wins() =>
        WinnerRule.Choose(s_fastest, [Quality(0.80, 200), Quality(0.84, 100)]).ShouldBe(1);

    [Fact]
    public void Between_equally_fast_and_small_ones_the_more_accurate_wins_and_then_the_first() =>
        WinnerRule.Choose(s_fastest, [Quality(0.8, 1000, 0.2), Quality(0.84, 1005, 0.1), Quality(0.82, 1009, 0.12)]).ShouldBe(1);

    [Fact]
    public void A_missing_measurement_never_wins()
    {
        WinnerRule.Choose(s_fastest, [null, Quality(0, 1), Quality(0.9, 100)]).ShouldBe(2);
        WinnerRule.Choose(new(GoalObjective.Smallest), [Quality(0, 1), Quality(0.9, 100)]).ShouldBe(1);
        WinnerRule.Choose(s_fastest, [null, Quality(0, 1)]).ShouldBeNull();
        WinnerRule.Closest(s_fastest, [null, Quality(0, 1)]).ShouldBeNull();
    }

    [Fact]
    public void A_slower_one_wins_only_where_size_is_what_is_wanted()
    {
        IReadOnlyList<QualityMeasurement?> measured = [Quality(1.5, 100), Quality(1.0, 400)];
        WinnerRule.Choose(s_fastest, measured).ShouldBe(1);
        WinnerRule.Choose(new(GoalObjective.MostAccurate), measured).ShouldBe(1);
        WinnerRule.Choose(new(GoalObjective.Smallest), measured).ShouldBe(0);
        WinnerRule.Choose(new(GoalObjective.Smallest) { MostLatencyShare = 1 }, measured).ShouldBe(1);
    }

    [Fact]
    public void Without_a_limit_on_losses_the_usual_floor_holds() =>
        WinnerRule.Choose(s_fastest, [Quality(0.5, 100, 4), Quality(0.9, 100)]).ShouldBe(1);

    [Fact]
    public void The_closest_is_the_one_that_breaks_its_limits_by_least()
    {
        var goal = s_fastest with { MostBytes = 100, MostPointsLost = 0.5 };
        IReadOnlyList<QualityMeasurement?> measured = [Quality(0.5, 400), Quality(0.5, 120), Quality(0.5, 90, 9)];
        WinnerRule.Choose(goal, measured).ShouldBeNull();
        WinnerRule.Closest(goal, measured).ShouldBe(1);
    }

    [Fact]
    public void The_front_holds_what_nothing_else_beats_in_everything()
    {
        ParetoFront.Of([Quality(0.5, 400), Quality(0.6, 500), Quality(0.9, 100), null, Quality(0, 1)]).ShouldBe([true, false, true, false, false]);
        ParetoFront.Dominates(Quality(0.5, 400), Quality(0.5, 400)).ShouldBeFalse();
    }

    [Fact]
    public void The_same_seed_draws_the_same_neighbours()
    {
        var recipe = new CompressionRecipe(CompressionKind.Int8Reduced);
        IReadOnlyList<CompressionRecipe> Drawn(int seed) => CandidatePlan.Neighbours(GoalObjective.Smallest, recipe, seed, true);
        Drawn(7).ShouldBe(Drawn(7));
        Drawn(7).ShouldNotBe(Drawn(8));
        CandidatePlan.Neighbours(GoalObjective.Smallest, new(CompressionKind.Fp16), 7, true).ShouldBeEmpty();
    }

    [Fact]
    public void Where_time_is_all_the_best_is_tried_without_a_pass_over_its_input()
    {
        var recipe = new CompressionRecipe(CompressionKind.Fp16);
        CandidatePlan.Neighbours(GoalObjective.Fastest, recipe, 7, true).ShouldBe([recipe with { FoldInputShift = true }]);
        CandidatePlan.Neighbours(GoalObjective.MostAccurate, recipe, 7, true).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ProcessorTarget.X64Avx2)]
    [InlineData(ProcessorTarget.Cuda)]
    [InlineData(ProcessorTarget.Arm64)]
    [InlineData(ProcessorTarget.X64Vnni)]
    public void Forms_that_saturate_or_crawl_on_a_target_are_not_tried_there(ProcessorTarget target)
    {
        var kinds = CandidatePlan.Forms(target, hasSamples: true).Select(r => r.Kind).ToList();
        kinds.Contains(CompressionKind.Int8).ShouldBe(target == ProcessorTarget.X64Vnni);
        kinds.Contains(CompressionKind.Int8Signed).ShouldBe(target == ProcessorTarget.Arm64);
        CandidatePlan.Forms(target, hasSamples: false).ShouldNotContain(r => CompressionKinds.NeedsCalibration(r.Kind));
    }

    /// <summary>A variant of an original with 1,000 bytes, 1 ms and 90 % accuracy on 1,000 samples.</summary>
    private static QualityMeasurement Quality(double latencyRatio, long bytes, double pointsLost = 0) =>
        new(1000, false, 1 - (pointsLost / 100), 1, 0, 0.9 - (pointsLost / 100), 0.9, bytes, 1000, latencyRatio, latencyRatio > 0 ? 1 : 0, 0.97);
}
