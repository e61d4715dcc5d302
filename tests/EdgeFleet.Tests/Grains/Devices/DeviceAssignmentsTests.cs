using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Grains.Devices;

namespace EdgeFleet.Tests.Grains.Devices;

public sealed class DeviceAssignmentsTests
{
    private static readonly DeviceId Device = new("a");

    private readonly DeviceState _state = new();
    private long _sequence;

    [Fact]
    public void The_way_back_leads_to_what_was_proved_last_and_not_to_what_was_only_asked_for()
    {
        Assign("r1", "v1");
        Prove();
        Assign("r2", "v2");

        Assign("r3", "v3");
        var back = Revert("r3");

        back!.Variant.ShouldBe(Some.Artifact("v1"));
        back.Rollout.ShouldBe(new RolloutId("r3"));
        back.Generation.ShouldBe(4);
        _state.Reason.ShouldBe("reason of v1");
    }

    [Fact]
    public void Asked_twice_the_same_generation_comes_back()
    {
        Assign("r1", "v1");
        Prove();
        Assign("r2", "v2");

        Revert("r2").ShouldBe(Revert("r2"));
        _state.Generation.ShouldBe(3);
    }

    [Fact]
    public void What_the_rollout_itself_proved_is_no_place_to_go_back_to()
    {
        Assign("r1", "v1");
        Prove();
        Assign("r2", "v2");
        Prove();

        Revert("r2")!.Variant.ShouldBe(Some.Artifact("v1"));
    }

    [Fact]
    public void The_same_bytes_brought_again_by_a_later_rollout_are()
    {
        Assign("r1", "v1");
        Prove();
        Assign("r2", "v1");
        Prove();

        Revert("r2")!.Variant.ShouldBe(Some.Artifact("v1"));
    }

    [Fact]
    public void Where_nothing_was_proved_there_is_no_way_back()
    {
        Assign("r1", "v1");

        Revert("r1").ShouldBeNull();
        _state.Desired!.Variant.ShouldBe(Some.Artifact("v1"));
        Revert("r9")!.Rollout.ShouldBe(new RolloutId("r1"));
    }

    [Fact]
    public void A_device_that_never_had_anything_has_no_way_back() => Revert("r1").ShouldBeNull();

    [Fact]
    public void A_rollout_that_was_superseded_changes_nothing_any_more()
    {
        Assign("r1", "v1");
        Prove();
        Assign("r2", "v2", minute: 1);
        Assign("r3", "v3", minute: 2);

        Assign("r2", "v2", minute: 1).ShouldBeFalse();
        Revert("r2")!.Rollout.ShouldBe(new RolloutId("r3"));
        _state.Desired!.Variant.ShouldBe(Some.Artifact("v3"));
    }

    [Fact]
    public void What_was_taken_back_is_not_given_again_by_the_same_rollout()
    {
        Assign("r1", "v1");
        Prove();
        Assign("r2", "v2");
        Revert("r2");

        Assign("r2", "v2").ShouldBeFalse();
    }

    [Fact]
    public void Proof_of_another_digest_or_generation_is_not_remembered()
    {
        Assign("r1", "v1");

        DeviceAssignments.RememberProof(_state, Some.Reported("a", 1, 1, InstallPhase.Proved) with { Active = Some.Digest("other") });
        DeviceAssignments.RememberProof(_state, Some.Reported("a", 2, 0, InstallPhase.Proved) with { Active = Some.Digest("v1") });
        DeviceAssignments.RememberProof(_state, Some.Reported("a", 3, 1, InstallPhase.Soaking) with { Active = Some.Digest("v1") });

        _state.Proven.ShouldBeEmpty();
    }

    [Fact]
    public void Whatever_happens_generations_rise_by_one_and_the_memory_is_bounded()
    {
        var random = new Random(5);
        for (var i = 0; i < 5000; i++)
        {
            var before = (_state.Generation, _state.Desired);
            switch (random.Next(3))
            {
                case 0:
                    Assign($"r{random.Next(9)}", $"v{random.Next(9)}", random.Next(60));
                    break;
                case 1:
                    Revert($"r{random.Next(9)}");
                    break;
                default:
                    if (_state.Desired is not null)
                    {
                        Prove();
                    }

                    break;
            }

            _state.Generation.ShouldBeOneOf(before.Generation, before.Generation + 1);
            (_state.Generation == before.Generation).ShouldBe(ReferenceEquals(_state.Desired, before.Desired));
            _state.Proven.Count.ShouldBeLessThanOrEqualTo(DeviceAssignments.MaxProven);
            _state.Proven.Select(p => p.Desired.Variant).Distinct().Count().ShouldBe(_state.Proven.Count);
        }
    }

    private bool Assign(string rollout, string variant, int minute = 0) => DeviceAssignments.Assign(
        _state, Device, new VariantAssignment(
            new RolloutId(rollout), ModelId.Parse("m:1"), CompressionProfile.Int8, Some.Artifact(variant), Some.Artifact("golden"),
            new InputScaling(), new ProofPolicy(), $"reason of {variant}", Some.At.AddMinutes(minute)), Some.At);

    private DesiredState? Revert(string rollout)
    {
        DeviceAssignments.Revert(_state, new RolloutId(rollout), Some.At, out var result);
        return result;
    }

    private void Prove() => DeviceAssignments.RememberProof(
        _state, Some.Reported("a", ++_sequence, _state.Desired!.Generation, InstallPhase.Proved) with { Active = _state.Desired.Variant.Sha256 });
}
