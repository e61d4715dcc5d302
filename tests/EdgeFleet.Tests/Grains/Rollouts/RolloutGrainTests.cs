using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Grains.Rollouts;

public sealed class RolloutGrainTests
{
    private static readonly Sha256Digest Good = ScriptedProducer.DigestOf("m:1", CompressionProfile.Int8Reduced);
    private static readonly Sha256Digest Bad = ScriptedProducer.DigestOf("m:2", CompressionProfile.Int8Reduced);

    [Fact]
    public async Task A_rollout_brings_the_canary_and_then_the_rest_and_tells_its_story()
    {
        await using var fleet = await FleetOnGoodAsync();

        var done = await fleet.Rollout("r1").Describe();

        done!.Status.ShouldBe(RolloutStatus.Succeeded);
        done.Waves.Select(w => (w.Wave, w.Devices, w.Succeeded)).ShouldBe([(0, 1, 1), (1, 2, 2)]);
        done.Executions.ShouldAllBe(e => e.Status == ExecutionStatus.Succeeded && e.Profile == CompressionProfile.Int8Reduced && e.Generation == 1);
        done.Executions[0].Reason.ShouldBe("int8-reduced: AVX2 without VNNI");
        var story = string.Join('\n', done.Events.Select(e => e.Text));
        story.ShouldContain("wave 1 (canary) opens: 1 device(s), cam-1");
        story.ShouldContain("wave 1 holds: 1 of 1 proved");
        story.ShouldContain("cam-3 proved int8-reduced (agrees with what it served on 50 % of 256 recent inputs)");
        fleet.Producer.Calls.Count.ShouldBe(1);
        await Eventually.True(() => fleet.Projection.Rollouts[new RolloutId("r1")].Status == RolloutStatus.Succeeded, "those who watch hear of the end");
        fleet.Log.Text.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_canary_that_refuses_rolls_back_and_no_device_ever_serves_the_bad_version()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-1"].Refuses = d => d.Variant.Sha256 == Bad ? InstallFailure.Disagreement : InstallFailure.None;

        var ended = await fleet.RollOutAsync("r2", "m:2");

        ended.Status.ShouldBe(RolloutStatus.RolledBack);
        ended.Message!.ShouldContain("wave 1: 1 of 1 completed devices failed, allowed 0 %");
        ended.Executions.Single(e => e.Device.Value == "cam-1").ShouldSatisfyAllConditions(
            e => e.Status.ShouldBe(ExecutionStatus.Failed),
            e => e.Message.ShouldBe("scripted Disagreement"));
        ended.Executions.Count(e => e.Status == ExecutionStatus.Cancelled).ShouldBe(2);
        foreach (var id in new[] { "cam-1", "cam-2", "cam-3" })
        {
            fleet.Devices[id].Served.ShouldBe([Good]);
            (await fleet.Device(id).Describe()).Desired!.Variant.Sha256.ShouldBe(Good);
        }
    }

    [Fact]
    public async Task Devices_that_took_it_go_back_without_having_to_agree_with_what_they_leave()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-3"].Refuses = d => d.Variant.Sha256 == Bad ? InstallFailure.Golden : InstallFailure.None;

        var ended = await fleet.RollOutAsync("r2", "m:2");

        ended.Status.ShouldBe(RolloutStatus.RolledBack);
        ended.Executions.ToDictionary(e => e.Device.Value, e => e.Status).ShouldBe(new Dictionary<string, ExecutionStatus>
        {
            ["cam-1"] = ExecutionStatus.RolledBack, ["cam-2"] = ExecutionStatus.RolledBack, ["cam-3"] = ExecutionStatus.Failed,
        }, ignoreOrder: true);
        fleet.Devices["cam-1"].Served.ShouldBe([Good, Bad, Good]);
        var way = fleet.Devices["cam-1"].Retained!;
        way.Rollout.ShouldBe(new RolloutId("r2"));
        way.Proof.AgreementFloor.ShouldBe(0);
        way.Generation.ShouldBe(3);
    }

    [Fact]
    public async Task Above_the_error_threshold_it_pauses_when_that_is_asked_for_and_a_resume_accepts_the_failures()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-1"].Refuses = d => d.Variant.Sha256 == Bad ? InstallFailure.Load : InstallFailure.None;

        (await fleet.RollOutAsync("r2", "m:2", s => s with { OnError = ErrorAction.Pause })).Status.ShouldBe(RolloutStatus.Paused);
        fleet.Devices["cam-2"].Active.ShouldBe(Good);

        await fleet.Rollout("r2").Resume();
        var ended = await fleet.UntilAsync("r2", RolloutStatus.Succeeded);

        ended.Message.ShouldBe("2 of 3 devices proved m:2");
        fleet.Devices["cam-2"].Active.ShouldBe(Bad);
        fleet.Devices["cam-1"].Active.ShouldBe(Good);
    }

    [Fact]
    public async Task A_form_below_its_floor_gives_way_to_the_next_best()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1");
        await fleet.PublishAsync("m:1");
        fleet.Producer.Makes = (m, p) => p == CompressionProfile.Fp32 ? ScriptedProducer.Ready(m, p) : ScriptedProducer.Not(m, p, VariantStatus.Refused);

        var ended = await fleet.RollOutAsync("r1", "m:1");

        ended.Status.ShouldBe(RolloutStatus.Succeeded);
        ended.Executions[0].Profile.ShouldBe(CompressionProfile.Fp32);
        ended.Executions[0].Reason.ShouldBe("fp32: AVX2 without VNNI; the quality floor excludes int8-reduced");
        ended.Events.Select(e => e.Text).ShouldContain("int8-reduced can't be used, it is below its floor: scripted Refused");
    }

    [Fact]
    public async Task When_no_form_can_be_had_it_fails_and_says_why()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1");
        await fleet.PublishAsync("m:1");
        fleet.Producer.Makes = (m, p) => ScriptedProducer.Not(m, p, VariantStatus.Failed);

        var ended = await fleet.RollOutAsync("r1", "m:1");

        ended.Status.ShouldBe(RolloutStatus.Failed);
        ended.Message.ShouldBe("no profile suits any device: no profile suits: failed production excludes int8-reduced, fp32, fp16, weights8, weights4");
        ended.Executions[0].Status.ShouldBe(ExecutionStatus.Infeasible);
        fleet.Producer.Calls.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Where_int8_does_not_hold_and_the_link_is_thin_devices_get_stored_weights_of_8_or_4_bits()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1");
        await fleet.PublishAsync("m:1");
        var large = new ArtifactRef(Some.Digest("large"), 2_000_000);
        fleet.Producer.Makes = (m, p) => p == CompressionProfile.Int8Reduced ? ScriptedProducer.Not(m, p, VariantStatus.Refused)
            : p == CompressionProfile.Weights8 ? ScriptedProducer.Ready(m, p) with { Artifact = large }
            : ScriptedProducer.Ready(m, p);

        var ended = await fleet.RollOutAsync("r1", "m:1", s => s with { MostBytes = 1_500_000 });

        // weights8 was expected to fit and does not: its true size counts.
        ended.Status.ShouldBe(RolloutStatus.Succeeded);
        ended.Executions[0].Profile.ShouldBe(CompressionProfile.Weights4);
        ended.Executions[0].Reason.ShouldBe("weights4: AVX2 without VNNI; the quality floor excludes int8-reduced; the rollout's limit of 1,500,000 bytes excludes fp32");
        fleet.Producer.Calls.Select(c => c.Profile).ShouldBe([CompressionProfile.Int8Reduced, CompressionProfile.Weights8, CompressionProfile.Weights4]);
    }

    [Fact]
    public async Task A_rollout_that_names_a_weight_only_form_gives_it_to_every_device()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1");
        await fleet.PublishAsync("m:1");

        var ended = await fleet.RollOutAsync("r1", "m:1", s => s with { Profiles = [CompressionProfile.Weights4] });

        ended.Status.ShouldBe(RolloutStatus.Succeeded);
        ended.Executions[0].Profile.ShouldBe(CompressionProfile.Weights4);
    }

    [Fact]
    public async Task A_device_that_nobody_knows_is_infeasible_and_the_others_go_on()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1");
        await fleet.PublishAsync("m:1");

        var ended = await fleet.RollOutAsync("r1", "m:1", s => s with { Devices = [new DeviceId("cam-1"), new DeviceId("ghost")] });

        ended.Status.ShouldBe(RolloutStatus.Succeeded);
        ended.Executions.Single(e => e.Device.Value == "ghost").Status.ShouldBe(ExecutionStatus.Infeasible);
    }

    [Fact]
    public async Task Without_any_device_it_fails_and_says_so()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.PublishAsync("m:1");

        (await fleet.RollOutAsync("r1", "m:1")).Message.ShouldBe("no registered device matches the selection");
    }

    [Fact]
    public async Task Without_its_model_it_does_not_start()
    {
        await using var fleet = await TestFleet.StartAsync();

        var thrown = await fleet.Rollout("r1").Start(new RolloutSpec(ModelId.Parse("none:1"))).ShouldThrowAsync<InvalidOperationException>();

        thrown.Message.ShouldBe("There is no model none:1: upload it first.");
        (await fleet.Rollout("r1").Describe()).ShouldBeNull();
    }

    [Fact]
    public async Task An_unreachable_device_is_waiting_and_ends_the_rollout_when_it_returns()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-3"].IsAway = true;
        await fleet.Rollout("r2").Start(new RolloutSpec(ModelId.Parse("m:2")));

        await fleet.UntilAsync("r2", r => r.OpenWave == 1 && r.Waves[1].Succeeded == 1, "all but the absent one are done");
        for (var i = 0; i < 20; i++)
        {
            await fleet.StepAsync();
        }

        var waiting = (await fleet.Rollout("r2").Describe())!;
        waiting.Status.ShouldBe(RolloutStatus.Running);
        waiting.Executions.Single(e => e.Device.Value == "cam-3").Status.ShouldBe(ExecutionStatus.InProgress);

        fleet.Devices["cam-3"].IsAway = false;
        (await fleet.UntilAsync("r2", RolloutStatus.Succeeded)).Message.ShouldBe("3 of 3 devices proved m:2");
    }

    [Fact]
    public async Task A_device_that_falls_back_after_its_success_retracts_it()
    {
        await using var fleet = await FleetOnGoodAsync();

        fleet.Devices["cam-2"].FallBackTo(null);
        var told = await fleet.UntilAsync("r1", r => r.Executions.Any(e => e.Status == ExecutionStatus.Failed), "the success is retracted");

        told.Executions.Single(e => e.Status == ExecutionStatus.Failed).Device.Value.ShouldBe("cam-2");
        told.Message.ShouldBe("after the end: cam-2 fell back from int8-reduced: Soak, scripted Soak");
    }

    [Fact]
    public async Task A_device_of_the_canary_that_falls_back_while_a_later_wave_is_open_stops_the_rollout()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-2"].IsAway = true;
        await fleet.Rollout("r2").Start(new RolloutSpec(ModelId.Parse("m:2")) { OnError = ErrorAction.Pause });
        await fleet.UntilAsync("r2", r => r.OpenWave == 1, "the second wave opens");

        fleet.Devices["cam-1"].FallBackTo(Good);

        (await fleet.UntilAsync("r2", RolloutStatus.Paused)).Message.ShouldBe("wave 1: 1 of 1 completed devices failed, allowed 0 %");
    }

    [Fact]
    public async Task A_newer_rollout_takes_a_device_over_and_the_older_one_never_takes_it_back()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        await fleet.PublishAsync("m:3");
        fleet.Devices["cam-3"].IsAway = true;
        await fleet.Rollout("old").Start(new RolloutSpec(ModelId.Parse("m:2")));
        await fleet.UntilAsync("old", r => r.OpenWave == 1 && r.Waves[1].Succeeded == 1, "all but the absent one are done");

        await fleet.Rollout("new").Start(new RolloutSpec(ModelId.Parse("m:3")));
        var old = await fleet.UntilAsync("old", r => r.EndedAt is not null, "the older one ends");
        fleet.Devices["cam-3"].IsAway = false;
        await fleet.UntilAsync("new", RolloutStatus.Succeeded);

        old.Executions.Single(e => e.Device.Value == "cam-3").ShouldSatisfyAllConditions(
            e => e.Status.ShouldBe(ExecutionStatus.Cancelled),
            e => e.Message.ShouldBe("superseded by new"));
        fleet.Devices["cam-3"].Served.ShouldBe([Good, ScriptedProducer.DigestOf("m:3", CompressionProfile.Int8Reduced)]);
    }

    [Fact]
    public async Task A_finished_rollout_can_be_rolled_back_by_an_operator()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        (await fleet.RollOutAsync("r2", "m:2")).Status.ShouldBe(RolloutStatus.Succeeded);

        await fleet.Rollout("r2").RollBack("looks wrong");
        var ended = await fleet.UntilAsync("r2", RolloutStatus.RolledBack);

        ended.Message.ShouldBe("rolled back by an operator: looks wrong; 3 device(s) are back on what they ran before");
        fleet.Devices["cam-3"].Served.ShouldBe([Good, Bad, Good]);
    }

    [Fact]
    public async Task A_rollback_waits_for_a_device_that_left_with_the_bad_version()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        (await fleet.RollOutAsync("r2", "m:2")).Status.ShouldBe(RolloutStatus.Succeeded);
        fleet.Devices["cam-3"].IsAway = true;
        await fleet.Device("cam-3").SetPresence(new(new DeviceId("cam-3"), Online: false, Some.At));

        await fleet.Rollout("r2").RollBack("looks wrong");
        await fleet.UntilAsync("r2", r => r.Executions.Count(e => e.Status == ExecutionStatus.RolledBack) == 2, "two are back");
        (await fleet.Rollout("r2").Describe())!.Status.ShouldBe(RolloutStatus.RollingBack);

        fleet.Devices["cam-3"].IsAway = false;
        await fleet.UntilAsync("r2", RolloutStatus.RolledBack);
        fleet.Devices["cam-3"].Active.ShouldBe(Good);
    }

    [Fact]
    public async Task The_first_version_of_all_has_nothing_to_go_back_to()
    {
        await using var fleet = await FleetOnGoodAsync();

        await fleet.Rollout("r1").RollBack("why not");
        var ended = await fleet.UntilAsync("r1", RolloutStatus.RolledBack);

        ended.Executions.ShouldAllBe(e => e.Status == ExecutionStatus.Cancelled && e.Message == "nothing was proved here before, so there is nothing to go back to");
        fleet.Devices["cam-1"].Active.ShouldBe(Good);
    }

    [Fact]
    public async Task Paused_it_hands_out_nothing_and_resumed_it_goes_on()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-1"].IsMute = true;
        await fleet.Rollout("r2").Start(new RolloutSpec(ModelId.Parse("m:2")));
        await fleet.UntilAsync("r2", r => r.Executions.Any(e => e.Status == ExecutionStatus.InProgress), "the canary is told");

        await fleet.Rollout("r2").Pause("lunch");
        fleet.Devices["cam-1"].IsMute = false;
        for (var i = 0; i < 10; i++)
        {
            await fleet.StepAsync();
        }

        var paused = (await fleet.Rollout("r2").Describe())!;
        (paused.Status, paused.Message, paused.OpenWave).ShouldBe((RolloutStatus.Paused, "paused by an operator: lunch", 0));
        fleet.Devices["cam-2"].Active.ShouldBe(Good);

        await fleet.Rollout("r2").Resume();
        await fleet.UntilAsync("r2", RolloutStatus.Succeeded);
    }

    [Fact]
    public async Task Cancelled_it_leaves_devices_what_they_have()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices["cam-2"].IsAway = true;
        await fleet.Rollout("r2").Start(new RolloutSpec(ModelId.Parse("m:2")));
        await fleet.UntilAsync("r2", r => r.Waves.Count == 2 && r.Waves[1].Succeeded == 1, "all but the absent one are done");

        await fleet.Rollout("r2").Cancel("enough");

        var ended = (await fleet.Rollout("r2").Describe())!;
        ended.Status.ShouldBe(RolloutStatus.Cancelled);
        ended.Executions.Single(e => e.Device.Value == "cam-2").Message.ShouldBe("told before the end: it may still install it");
        fleet.Devices["cam-1"].Active.ShouldBe(Bad);
    }

    [Fact]
    public async Task What_is_not_possible_now_says_what_it_takes()
    {
        await using var fleet = await FleetOnGoodAsync();
        var ended = fleet.Rollout("r1");

        (await ended.Pause("x").ShouldThrowAsync<InvalidOperationException>()).Message
            .ShouldBe("Rollout r1 is Succeeded; this is possible while it is Preparing or Running.");
        await ended.Resume().ShouldThrowAsync<InvalidOperationException>();
        await ended.Cancel("x").ShouldThrowAsync<InvalidOperationException>();
        (await fleet.Rollout("none").Pause("x").ShouldThrowAsync<InvalidOperationException>()).Message.ShouldBe("There is no rollout none.");
    }

    [Fact]
    public async Task The_same_specification_again_changes_nothing_and_another_is_refused()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");

        await fleet.Rollout("r1").Start(new RolloutSpec(ModelId.Parse("m:1")));

        (await fleet.Rollout("r1").Describe())!.Status.ShouldBe(RolloutStatus.Succeeded);
        (await fleet.Rollout("r1").Start(new RolloutSpec(ModelId.Parse("m:2"))).ShouldThrowAsync<InvalidOperationException>()).Message
            .ShouldBe("Rollout r1 already exists and asks for m:1: choose another id.");
    }

    [Fact]
    public async Task A_threshold_out_of_range_is_refused_by_name()
    {
        await using var fleet = await FleetOnGoodAsync();

        var thrown = await fleet.Rollout("r2").Start(new RolloutSpec(ModelId.Parse("m:1")) { ErrorThreshold = double.NaN }).ShouldThrowAsync<ArgumentException>();

        thrown.Message.ShouldStartWith("errorThreshold is NaN: a share from 0 to 1.");
    }

    [Fact]
    public async Task A_rollout_goes_on_without_a_broker_as_soon_as_there_is_one_again()
    {
        await using var fleet = await FleetOnGoodAsync();
        await fleet.PublishAsync("m:2");
        fleet.Devices.BrokerIsDown = true;
        await fleet.Rollout("r2").Start(new RolloutSpec(ModelId.Parse("m:2")));
        await fleet.UntilAsync("r2", r => r.Executions.Any(e => e.Status == ExecutionStatus.InProgress), "the canary is told");
        for (var i = 0; i < 10; i++)
        {
            await fleet.StepAsync();
        }

        fleet.Devices.BrokerIsDown = false;

        await fleet.UntilAsync("r2", RolloutStatus.Succeeded);
    }

    /// <summary>Three devices that run m:1, brought by rollout r1.</summary>
    private static async Task<TestFleet> FleetOnGoodAsync()
    {
        var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1", "cam-2", "cam-3");
        await fleet.PublishAsync("m:1");
        (await fleet.RollOutAsync("r1", "m:1")).Status.ShouldBe(RolloutStatus.Succeeded);
        return fleet;
    }
}
