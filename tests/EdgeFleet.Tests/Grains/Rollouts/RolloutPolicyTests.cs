using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Grains.Rollouts;

namespace EdgeFleet.Tests.Grains.Rollouts;

public sealed class RolloutPolicyTests
{
    private static RolloutSpec Spec(double success = 1, double errors = 0, ErrorAction onError = ErrorAction.RollBack) =>
        new(ModelId.Parse("m:1")) { SuccessThreshold = success, ErrorThreshold = errors, OnError = onError };

    [Fact]
    public void A_wave_whose_devices_all_proved_it_advances() =>
        RolloutPolicy.Decide(Spec(), new WaveTally(1, 10, 10, 0)).ShouldBeOfType<RolloutDecision.Advance>();

    [Fact]
    public void A_wave_with_a_device_on_its_way_waits_however_long_it_is_unreachable() =>
        RolloutPolicy.Decide(Spec(), new WaveTally(1, 10, 9, 0)).ShouldBeOfType<RolloutDecision.Wait>();

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void The_error_threshold_is_passed_only_above_it(int failed, bool rollsBack)
    {
        var decision = RolloutPolicy.Decide(Spec(success: 0.5, errors: 0.2), new WaveTally(1, 10, 10 - failed, failed));

        (decision is RolloutDecision.RollBack).ShouldBe(rollsBack);
    }

    [Fact]
    public void A_finished_wave_below_the_success_threshold_pauses_even_when_errors_are_tolerable() =>
        RolloutPolicy.Decide(Spec(success: 0.8, errors: 0.5, ErrorAction.Pause), new WaveTally(1, 10, 6, 4)).ShouldBeOfType<RolloutDecision.Pause>();

    [Theory]
    [InlineData(0.8, 8, true)]
    [InlineData(0.8, 7, false)]
    public void The_success_threshold_is_reached_at_it(double threshold, int succeeded, bool advances)
    {
        var decision = RolloutPolicy.Decide(Spec(threshold, errors: 1), new WaveTally(1, 10, succeeded, 10 - succeeded));

        (decision is RolloutDecision.Advance).ShouldBe(advances);
    }

    [Fact]
    public void The_denominator_is_what_completed_not_the_whole_wave() =>
        RolloutPolicy.Decide(Spec(errors: 0.2), new WaveTally(1, 10_000, 7, 3)).ShouldBeOfType<RolloutDecision.RollBack>();

    [Fact]
    public void One_failure_among_few_in_a_large_wave_is_no_verdict_yet() =>
        RolloutPolicy.Decide(Spec(errors: 0.2), new WaveTally(1, 10_000, 1, 1)).ShouldBeOfType<RolloutDecision.Wait>();

    [Fact]
    public void One_failure_in_the_canary_is() =>
        RolloutPolicy.Decide(Spec(errors: 0.2), new WaveTally(0, 5, 1, 1)).ShouldBeOfType<RolloutDecision.RollBack>();

    [Fact]
    public void Failures_that_no_later_success_can_mend_end_the_wave_at_once() =>
        RolloutPolicy.Decide(Spec(errors: 0), new WaveTally(1, 10_000, 0, 1)).ShouldBeOfType<RolloutDecision.RollBack>();

    [Theory]
    [InlineData(9, true)]
    [InlineData(8, false)]
    public void A_wave_advances_without_the_absent_only_when_their_failure_could_change_nothing(int succeeded, bool advances)
    {
        var decision = RolloutPolicy.Decide(Spec(success: 0.9, errors: 0.1), new WaveTally(1, 10, succeeded, 0));

        (decision is RolloutDecision.Advance).ShouldBe(advances);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void The_error_share_of_an_unfinished_wave_counts_from_ten_completed_devices(int completed, bool rollsBack)
    {
        var failed = completed / 2;

        var decision = RolloutPolicy.Decide(Spec(errors: 0.2), new WaveTally(1, 10_000, completed - failed, failed));

        (decision is RolloutDecision.RollBack).ShouldBe(rollsBack);
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(1, double.NaN)]
    [InlineData(7, 0)]
    [InlineData(1, -0.1)]
    public void A_threshold_that_cannot_be_evaluated_counts_as_failed(double success, double errors) =>
        RolloutPolicy.Decide(Spec(success, errors), new WaveTally(1, 10, 10, 0)).ShouldBeOfType<RolloutDecision.RollBack>();

    [Fact]
    public void An_empty_wave_advances() =>
        RolloutPolicy.Decide(Spec(), new WaveTally(1, 0, 0, 0)).ShouldBeOfType<RolloutDecision.Advance>();

    [Fact]
    public void No_wave_ever_advances_with_an_error_share_above_or_a_success_share_below()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var devices = random.Next(1, 50);
            var failed = random.Next(0, devices + 1);
            var succeeded = random.Next(0, devices - failed + 1);
            var spec = Spec(random.NextDouble(), random.NextDouble());
            if (RolloutPolicy.Decide(spec, new WaveTally(random.Next(3), devices, succeeded, failed)) is RolloutDecision.Advance)
            {
                // Whatever the devices that have not completed will say.
                var mayFail = devices - succeeded;
                ((double)mayFail / devices).ShouldBeLessThanOrEqualTo(spec.ErrorThreshold + 1e-12);
                ((double)succeeded / devices).ShouldBeGreaterThanOrEqualTo(spec.SuccessThreshold - 1e-12);
            }
        }
    }
}
