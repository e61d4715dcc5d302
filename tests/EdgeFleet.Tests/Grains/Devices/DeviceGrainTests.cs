using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Grains.Devices;

public sealed class DeviceGrainTests
{
    private static readonly Guid Another = new("99999999-2222-3333-4444-555555555555");

    [Fact]
    public async Task What_a_device_said_survives_the_silo()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.Device("a").Register(Some.Registration("a"));
        await fleet.Device("a").Report(Some.Reported("a", 3, 0, InstallPhase.Idle));
        await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 1));

        await fleet.KillAndRestartAsync();
        var view = await fleet.Device("a").Describe();

        view.Online.ShouldBeTrue();
        view.Capabilities!.HardwareClass.ShouldBe("x64-avx2");
        view.Reported!.Sequence.ShouldBe(3);
        view.Totals.ShouldHaveSingleItem().Inferences.ShouldBe(10);
        view.TelemetryUpTo.ShouldBe(1);
    }

    [Fact]
    public async Task An_assignment_is_one_generation_however_often_it_is_asked_for()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");

        var first = await fleet.Device("a").Assign(Assignment("r1", "v1"));
        var again = await fleet.Device("a").Assign(Assignment("r1", "v1"));
        await fleet.KillAndRestartAsync();
        var afterKill = await fleet.Device("a").Assign(Assignment("r1", "v1"));

        first.Generation.ShouldBe(1);
        again.Generation.ShouldBe(1);
        afterKill.Generation.ShouldBe(1);
        (await fleet.Device("a").Assign(Assignment("r1", "v2"))).Generation.ShouldBe(2);
    }

    [Fact]
    public async Task Without_a_broker_an_assignment_is_kept_and_reports_are_taken_and_it_is_published_when_there_is_one()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        fleet.Devices.BrokerIsDown = true;

        await fleet.Device("a").Assign(Assignment("r1", "v1"));
        (await fleet.Device("a").Report(Some.Reported("a", 1, 0, InstallPhase.Idle))).UpTo.ShouldBe(1);
        fleet.Devices.Published.ShouldBeEmpty();

        fleet.Devices.BrokerIsDown = false;
        await fleet.UntilAsync(() => Task.FromResult(fleet.Devices.Published.Count == 1), "it is published");
        fleet.Devices.Published[0].Generation.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_not_published_before_a_kill_is_published_after_it()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        fleet.Devices.BrokerIsDown = true;
        await fleet.Device("a").Assign(Assignment("r1", "v1"));
        await fleet.KillAndRestartAsync();
        fleet.Devices.BrokerIsDown = false;

        await fleet.Device("a").Describe();

        await fleet.UntilAsync(() => Task.FromResult(fleet.Devices.Published.Count > 0), "it is published");
    }

    [Fact]
    public async Task A_device_that_returns_and_is_behind_gets_its_desired_state_again()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        await fleet.Device("a").Assign(Assignment("r1", "v1"));
        await Eventually.True(() => fleet.Devices.Published.Count == 1, "it is published");

        await fleet.Device("a").SetPresence(new Presence(new DeviceId("a"), Online: false, Some.At));
        await fleet.Device("a").SetPresence(new Presence(new DeviceId("a"), Online: true, Some.At));
        await Eventually.True(() => fleet.Devices.Published.Count == 2, "it is published again");

        await fleet.Device("a").Report(Some.Reported("a", 1, 1, InstallPhase.Downloading));
        await fleet.Device("a").Register(Some.Registration("a"));
        await fleet.Device("a").Republish();
        fleet.Devices.Published.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Republish_says_that_there_is_no_broker()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        await fleet.Device("a").Republish();
        await fleet.Device("a").Assign(Assignment("r1", "v1"));
        fleet.Devices.BrokerIsDown = true;

        await fleet.Device("a").Republish().ShouldThrowAsync<IOException>();
    }

    [Fact]
    public async Task An_old_or_doubled_report_changes_nothing_and_is_acknowledged()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        await fleet.Device("a").Report(Some.Reported("a", 5, 2, InstallPhase.Proving));

        (await fleet.Device("a").Report(Some.Reported("a", 5, 2, InstallPhase.Failed))).UpTo.ShouldBe(5);
        (await fleet.Device("a").Report(Some.Reported("a", 4, 9, InstallPhase.Failed))).UpTo.ShouldBe(5);

        (await fleet.Device("a").Describe()).Reported!.ShouldSatisfyAllConditions(r => r.Sequence.ShouldBe(5), r => r.Phase.ShouldBe(InstallPhase.Proving));
    }

    [Fact]
    public async Task A_new_incarnation_starts_again_and_late_messages_of_the_old_one_are_void()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        await fleet.Device("a").Report(Some.Reported("a", 50, 0, InstallPhase.Idle));
        await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 1));

        await fleet.Device("a").Register(Some.Registration("a", incarnation: Another));
        (await fleet.Device("a").Report(Some.Reported("a", 51, 0, InstallPhase.Failed))).UpTo.ShouldBe(0);
        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 2))).UpTo.ShouldBe(0);
        await fleet.Device("a").Register(Some.Registration("a"));

        var view = await fleet.Device("a").Describe();
        view.Reported.ShouldBeNull();
        view.Totals.ShouldBeEmpty();
        view.MessagesRejected.ShouldBe(1);
        (await fleet.Device("a").Report(Some.Reported("a", 1, 0, InstallPhase.Idle) with { Incarnation = Another })).UpTo.ShouldBe(1);
        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 1) with { Incarnation = Another })).UpTo.ShouldBe(1);
    }

    [Fact]
    public async Task Telemetry_counts_once_whatever_is_doubled_late_or_missing_and_across_a_kill()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");

        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 1))).UpTo.ShouldBe(1);
        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 3))).UpTo.ShouldBe(1);
        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 2))).UpTo.ShouldBe(2);
        await fleet.KillAndRestartAsync();
        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 2))).UpTo.ShouldBe(2);
        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 3))).UpTo.ShouldBe(3);

        (await fleet.Device("a").Describe()).Totals.ShouldHaveSingleItem().Inferences.ShouldBe(30);
    }

    [Fact]
    public async Task Impossible_telemetry_is_counted_as_rejected_and_nothing_else()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");

        (await fleet.Device("a").TakeTelemetry(Some.Telemetry("a", 1) with { Inferences = long.MaxValue })).UpTo.ShouldBe(0);

        var view = await fleet.Device("a").Describe();
        view.Totals.ShouldBeEmpty();
        view.MessagesRejected.ShouldBe(1);
    }

    [Fact]
    public async Task A_registration_beyond_all_bounds_is_counted_and_has_no_effect()
    {
        await using var fleet = await TestFleet.StartAsync();
        var tags = Enumerable.Range(0, 100).ToDictionary(i => $"t{i}", i => "x");

        await fleet.Device("a").Register(Some.Registration("a") with { Tags = tags });

        var view = await fleet.Device("a").Describe();
        view.Capabilities.ShouldBeNull();
        view.MessagesRejected.ShouldBe(1);
        fleet.Log.Text.ShouldContain("A message of device a was rejected and counted, and so will later ones be: more than 64 tags");
    }

    [Fact]
    public async Task Measurements_that_are_no_numbers_and_endless_messages_can_be_stored()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        var proof = new ProofResult(double.PositiveInfinity, double.NaN, double.NaN, 3, double.NaN, null);

        await fleet.Device("a").Report(Some.Reported("a", 1, 0, InstallPhase.Failed) with { Proof = proof, Message = new string('x', 1 << 20) });
        await fleet.KillAndRestartAsync();

        var reported = (await fleet.Device("a").Describe()).Reported!;
        reported.Proof.ShouldBe(new ProofResult(double.MaxValue, 0, null, 3, null, null));
        reported.Message!.Length.ShouldBe(1024);
    }

    [Fact]
    public async Task A_device_that_knows_later_generations_than_a_restored_silo_is_numbered_anew()
    {
        await using var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("a");
        await fleet.Device("a").Assign(Assignment("r1", "v1"));

        await fleet.Device("a").Report(Some.Reported("a", 1, 7, InstallPhase.Proved));

        (await fleet.Device("a").Describe()).Desired!.Generation.ShouldBe(8);
        await Eventually.True(() => fleet.Devices.Published.Any(d => d.Generation == 8), "it is published");
    }

    private static VariantAssignment Assignment(string rollout, string variant) => new(
        new RolloutId(rollout), ModelId.Parse("m:1"), CompressionProfile.Int8, Some.Artifact(variant), Some.Artifact("golden"),
        new InputScaling(), new ProofPolicy(), "because", Some.At);
}
