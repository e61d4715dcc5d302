using EdgeFleet.Agent.Reconcile;
using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Tests.Agent.Reconcile;

public sealed class ReconcilerTests
{
    private static readonly Func<ArtifactRef, bool> Nothing = _ => false;

    private static readonly Func<ArtifactRef, bool> Everything = _ => true;

    [Fact]
    public void A_new_agent_rests_until_it_is_asked_for_something() =>
        Reconciler.Next(Some.State(), null, Nothing).ShouldBe(new ReconcileAction.Rest());

    [Theory]
    [InlineData(3, 4, true)]
    [InlineData(3, 3, false)]
    [InlineData(3, 2, false)]
    [InlineData(3, -9, false)]
    public void Only_a_newer_generation_is_taken_up(long seen, long incoming, bool adopted)
    {
        var state = Some.State(InstallPhase.Proved, Some.Desired(seen), "a");
        var action = Reconciler.Next(state, Some.Desired(incoming, "b"), Everything);
        if (adopted)
        {
            action.ShouldBe(new ReconcileAction.Adopt(Some.Desired(incoming, "b")));
        }
        else
        {
            action.ShouldBeOfType<ReconcileAction.Ignore>();
        }
    }

    [Fact]
    public void Golden_set_and_variant_are_fetched_then_proved_then_soaked_then_nothing()
    {
        var desired = Some.Desired();
        var state = Some.State().Adopt(desired);
        Reconciler.Next(state, null, Nothing).ShouldBe(new ReconcileAction.Fetch(desired.Golden, 1024));
        Reconciler.Next(state, null, a => a == desired.Golden).ShouldBe(new ReconcileAction.Fetch(desired.Variant, 1024));
        Reconciler.Next(state, null, Everything).ShouldBe(new ReconcileAction.Prove(desired));
        state = state.StartProving();
        Reconciler.Next(state, null, Everything).ShouldBe(new ReconcileAction.Prove(desired));
        state = state.Activate(new ProofResult(0, 1, null, 0, null, null));
        Reconciler.Next(state, null, Everything).ShouldBe(new ReconcileAction.Soak(desired));
        Reconciler.Next(state.Complete(), null, Everything).ShouldBe(new ReconcileAction.Rest());
        Reconciler.Next(state.Fail(InstallFailure.Golden, "no"), null, Everything).ShouldBe(new ReconcileAction.Rest());
    }

    [Fact]
    public void An_artifact_that_is_held_is_not_fetched_again()
    {
        var state = Some.State(InstallPhase.Proved, Some.Desired(1), "b", "a").Adopt(Some.Desired(2, "a"));
        Reconciler.Next(state, null, Everything).ShouldBeOfType<ReconcileAction.Prove>();
    }

    [Fact]
    public void A_candidate_must_agree_with_what_serves_unless_it_is_that_or_was_proved_before_it()
    {
        var state = Some.State(InstallPhase.Proving, Some.Desired(2, "c"), "b", "a");
        Reconciler.MustAgree(state, Some.Desired(3, "c")).ShouldBeTrue();
        Reconciler.MustAgree(state, Some.Desired(3, "b")).ShouldBeFalse();
        Reconciler.MustAgree(state, Some.Desired(3, "a")).ShouldBeFalse();
        Reconciler.MustAgree(Some.State(), Some.Desired()).ShouldBeFalse();
        var noFloor = Some.Desired(3, "c") with { Proof = new ProofPolicy(0) };
        Reconciler.MustAgree(state, noFloor).ShouldBeFalse();
    }

    [Fact]
    public void The_same_bytes_fed_in_another_way_must_agree_too()
    {
        var state = Some.State(InstallPhase.Proved, Some.Desired(1), "a");
        var other = Some.Desired(2) with { Input = new InputScaling(1f) };
        Reconciler.MustAgree(state, other).ShouldBeTrue();
    }

    [Fact]
    public void A_newer_generation_while_soaking_goes_back_to_the_proved_variant_first()
    {
        var soaking = Some.State(InstallPhase.Soaking, Some.Desired(2, "b"), "b", "a");
        var next = soaking.Adopt(Some.Desired(3, "c"));
        next.Active.ShouldBe(Some.Installed("a"));
        next.Previous.ShouldBeNull();
        next.Phase.ShouldBe(InstallPhase.Downloading);
    }

    [Fact]
    public void Without_a_proved_variant_the_soaking_one_serves_on_while_a_newer_generation_comes()
    {
        var soaking = Some.State(InstallPhase.Soaking, Some.Desired(1, "a"), "a");
        soaking.Adopt(Some.Desired(2, "b")).Active.ShouldBe(Some.Installed("a"));
    }

    [Fact]
    public void Activation_keeps_what_served_as_the_fallback_and_a_failed_soak_goes_back_to_it()
    {
        var proving = Some.State(InstallPhase.Proved, Some.Desired(1), "a").Adopt(Some.Desired(2, "b")).StartProving();
        var soaking = proving.Activate(new ProofResult(0, 1, 1, 16, 1, 1));
        soaking.Active.ShouldBe(Some.Installed("b"));
        soaking.Previous.ShouldBe(Some.Installed("a"));

        var failed = soaking.FallBack(InstallFailure.Soak, "it threw");
        failed.Active.ShouldBe(Some.Installed("a"));
        failed.Previous.ShouldBeNull();
        failed.Phase.ShouldBe(InstallPhase.Failed);
        failed.Failure.ShouldBe(InstallFailure.Soak);
    }

    [Fact]
    public void Activating_what_serves_already_keeps_the_fallback()
    {
        var state = Some.State(InstallPhase.Failed, Some.Desired(2, "x"), "b", "a").Adopt(Some.Desired(3, "b")).StartProving();
        var soaking = state.Activate(new ProofResult(0, 1, null, 0, null, null));
        soaking.Active!.Variant.ShouldBe(Some.Artifact("b"));
        soaking.Previous.ShouldBe(Some.Installed("a"));
    }

    [Fact]
    public void A_lost_active_variant_that_is_still_wanted_is_fetched_again_while_the_fallback_serves()
    {
        var proved = Some.State(InstallPhase.Proved, Some.Desired(2, "b"), "b", "a");
        var next = proved.LoseActive(fallbackHeld: true, "damaged");
        next.Active.ShouldBe(Some.Installed("a"));
        next.Phase.ShouldBe(InstallPhase.Downloading);

        var refused = Some.State(InstallPhase.Failed, Some.Desired(3, "c"), "b", "a");
        refused.LoseActive(fallbackHeld: true, "damaged").Phase.ShouldBe(InstallPhase.Failed);
    }

    [Fact]
    public void The_report_says_what_the_state_says()
    {
        var state = Some.State(InstallPhase.Failed, Some.Desired(9, "c"), "b", "a") with
        {
            Sequence = 5, Failure = InstallFailure.Disagreement, Message = "why", BytesReceived = 77,
        };
        var report = state.ToReport(Some.Device);
        report.Generation.ShouldBe(9);
        report.Active.ShouldBe(Some.Digest("b"));
        report.Fallback.ShouldBe(Some.Digest("a"));
        report.ActiveModel.ShouldBe(Some.Model);
        report.Failure.ShouldBe(InstallFailure.Disagreement);
        report.BytesReceived.ShouldBe(77);
        report.Sequence.ShouldBe(5);
    }
}
