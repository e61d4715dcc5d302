using System.Text;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Mqtt.Memory;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent;

/// <summary>A whole agent against the silo's side over MQTT in memory; variants are scripts.</summary>
public sealed class AgentFlowTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly InMemoryMqttBroker _broker = new(TimeProvider.System, new Random(3));
    private readonly ScriptedLoader _loader = new();
    private SiloSide _silo = null!;
    private AgentUnderTest? _agent;

    public async Task InitializeAsync() => _silo = await SiloSide.StartAsync(_broker);

    public async Task DisposeAsync()
    {
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }

        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_device_comes_online_registers_and_says_that_it_has_nothing()
    {
        Start();
        var log = _silo.Device(Some.Device);
        await Eventually.True(() => log.Last is not null, "a report comes");
        log.Presence.ShouldBe([true]);
        log.Registrations.Single().Capabilities.Arch.ShouldBe("x64");
        log.Last!.Phase.ShouldBe(InstallPhase.Idle);
        log.Last.Active.ShouldBeNull();

        await _agent!.DisposeAsync();
        _agent = null;
        await Eventually.True(() => log.Presence.Last() == false, "it says goodbye");
    }

    [Fact]
    public async Task The_first_variant_is_fetched_proved_soaked_and_serves()
    {
        Start();
        var desired = Desire(1, "shift=0");
        await _silo.DesireAsync(desired);
        var end = await _silo.EndOf(Some.Device, 1);
        end.Phase.ShouldBe(InstallPhase.Proved);
        end.Active.ShouldBe(desired.Variant.Sha256);
        end.ActiveModel.ShouldBe(Some.Model);
        end.Proof!.Agreement.ShouldBeNull();
        end.BytesReceived.ShouldBe(desired.Variant.SizeBytes + desired.Golden.SizeBytes);
        _silo.Device(Some.Device).Reports.Select(r => r.Phase).ShouldBeInOrder(SortDirection.Ascending);
        await Eventually.True(() => _silo.Device(Some.Device).Batches.Sum(b => b.Correct) > 20, "right answers are counted");
    }

    [Fact]
    public async Task A_good_second_variant_takes_over_and_the_first_can_come_back_without_a_byte()
    {
        Start();
        var first = await Install(1, "shift=0 a");
        var second = await Install(2, "shift=0 b");
        second.Proof!.Agreement.ShouldBe(1);
        second.Proof.ComparedInputs.ShouldBe(16);
        second.Fallback.ShouldBe(first.Active);

        var back = await Install(3, "shift=0 a");
        back.Active.ShouldBe(first.Active);
        back.BytesReceived.ShouldBe(0);
    }

    [Fact]
    public async Task A_variant_that_misses_its_golden_outputs_is_refused_and_the_old_one_serves()
    {
        Start();
        var first = await Install(1, "shift=0");
        var bad = Desire(2, "shift=1", goldenShift: 0);
        await _silo.DesireAsync(bad);
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Golden);
        end.Active.ShouldBe(first.Active);
        end.Proof!.GoldenMaxError.ShouldBe(1);
        AnswersLive(bad).ShouldBe(0);
    }

    [Fact]
    public async Task A_variant_with_permuted_classes_passes_its_own_golden_set_and_is_refused_for_disagreement()
    {
        Start();
        var first = await Install(1, "shift=0");
        var bad = Desire(2, "shift=1");
        await _silo.DesireAsync(bad);
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Disagreement);
        end.Message!.ShouldContain("0.0");
        end.Active.ShouldBe(first.Active);
        end.Proof!.Agreement.ShouldBe(0);
        AnswersLive(bad).ShouldBe(0);
    }

    [Fact]
    public async Task Without_any_recent_input_the_comparison_can_not_be_made_and_counts_as_failed()
    {
        Start(source: false);
        await Install(1, "shift=0", soak: TimeSpan.Zero);
        await _silo.DesireAsync(Desire(2, "shift=0 b", soak: TimeSpan.Zero));
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Disagreement);
        end.Message!.ShouldContain("can't be made");
    }

    [Fact]
    public async Task A_variant_that_can_not_be_loaded_is_refused()
    {
        Start();
        var first = await Install(1, "shift=0");
        await _silo.DesireAsync(Desire(2, "fail-load"));
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Load);
        end.Active.ShouldBe(first.Active);
    }

    [Fact]
    public async Task A_variant_that_fails_while_soaking_gives_way_to_the_one_before()
    {
        Start();
        var first = await Install(1, "shift=0");
        await _silo.DesireAsync(Desire(2, "shift=0 fail-after=40", soak: TimeSpan.FromSeconds(20)));
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Soak);
        end.Message!.ShouldContain("says its script");
        end.Active.ShouldBe(first.Active);
        var before = _agent!.Host.Status().Inferences;
        await Eventually.True(() => _agent.Host.Status().Inferences > before + 10, "the old one answers");
    }

    [Fact]
    public async Task Older_equal_foreign_and_malformed_desired_states_are_counted_and_have_no_effect()
    {
        Start();
        var proved = await Install(5, "shift=0");
        var sequence = _agent!.Host.State.Sequence;
        var topic = Topics.Desired(Some.Device);

        // One after the other: of desired states that wait together only the newest is looked at.
        await _silo.DesireAsync(Desire(4, "shift=0 old"));
        await Ignored(1);
        await _silo.DesireAsync(Desire(5, "shift=0 equal"));
        await Ignored(2);
        await _silo.DesireAsync(Desire(5, "shift=0") with { ChunkBytes = 3 });
        await Ignored(3);
        await _silo.SendRawAsync(topic, Encoding.UTF8.GetBytes("this is not JSON"));
        await _silo.SendRawAsync(topic, new byte[3_000_000]);
        await _silo.SendRawAsync(topic, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
            Desire(9, "shift=0") with { Device = new DeviceId("cam-2") }, EdgeFleet.Contracts.Json.WireJson.Default.DesiredState));
        await _silo.SendRawAsync(Topics.Ack(Some.Device), "{}"u8.ToArray());
        await Ignored(7);
        var counts = _agent.Host.Status().MessagesIgnored;
        counts["older-generation"].ShouldBe(2);
        counts["impossible"].ShouldBe(1);
        counts["not-json"].ShouldBe(1);
        counts["too-large"].ShouldBe(1);
        counts["other-device"].ShouldBe(1);
        counts["bad-ack"].ShouldBe(1);
        _agent.Host.State.Sequence.ShouldBe(sequence);
        _agent.Host.State.Active!.Variant.Sha256.ShouldBe(proved.Active!.Value);
    }

    [Fact]
    public async Task An_impossible_newer_generation_is_rejected_with_the_reason()
    {
        Start();
        var first = await Install(1, "shift=0");
        await _silo.DesireAsync(Desire(2, "shift=0 b") with { ChunkBytes = 1 });
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Rejected);
        end.Message!.ShouldContain("chunkBytes");
        end.Active.ShouldBe(first.Active);
    }

    [Fact]
    public async Task Lost_and_damaged_chunks_over_mqtt_are_made_good()
    {
        var random = new Random(11);
        _silo.Tamper = (_, message) =>
        {
            if (random.Next(3) == 0)
            {
                return null;
            }

            if (random.Next(4) == 0)
            {
                message[random.Next(message.Length)] ^= 4;
            }

            return message;
        };
        Start();
        (await Install(1, "shift=0")).Phase.ShouldBe(InstallPhase.Proved);
    }

    [Fact]
    public async Task A_newer_generation_takes_the_place_of_a_download_under_way()
    {
        _silo.Tamper = (chunk, message) => chunk.Count > 40 ? null : message;
        Start();
        await _silo.DesireAsync(Desire(1, "shift=0 never", size: 100_000));
        await Eventually.True(() => _agent!.Host.State.Phase == InstallPhase.Downloading, "it downloads");
        (await Install(2, "shift=0")).Phase.ShouldBe(InstallPhase.Proved);
        Directory.GetFiles(_folder.File("artifacts")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Inference_goes_on_without_a_broker_and_no_telemetry_is_lost()
    {
        Start();
        await Install(1, "shift=0");
        _broker.Stop();
        var before = _agent!.Host.Status().Inferences;
        await Eventually.True(() => _agent.Host.Status().Inferences > before + 200, "inference goes on");
        _agent.Host.Status().Connected.ShouldBeFalse();
        _broker.Start();
        await Eventually.True(() => _agent.Host.Status().Connected, "it reconnects");
        await _agent.DisposeAsync();
        var total = _agent.Host.Status().Inferences;
        _agent = null;
        Start(rate: 0.001);
        await Eventually.True(() => _silo.Device(Some.Device).Batches.Sum(b => b.Inferences) >= total, "all counts arrive");
        _silo.Device(Some.Device).Batches.Sum(b => b.Inferences).ShouldBeInRange(total, total + 1);
    }

    [Fact]
    public async Task A_restart_serves_the_same_variant_without_network()
    {
        Start();
        var first = await Install(1, "shift=0");
        await _agent!.DisposeAsync();
        _broker.Stop();
        Start();
        await Eventually.True(() => _agent!.Host.Status().Inferences > 5, "it answers");
        _agent!.Host.State.Active!.Variant.Sha256.ShouldBe(first.Active!.Value);
        _agent.Host.State.Phase.ShouldBe(InstallPhase.Proved);
        _broker.Start();
    }

    [Fact]
    public async Task A_rotten_file_is_found_at_the_start_the_fallback_serves_and_the_variant_is_fetched_again()
    {
        Start();
        var first = await Install(1, "shift=0 a");
        var second = await Install(2, "shift=0 b");
        await _agent!.DisposeAsync();
        var file = _folder.File("artifacts", second.Active!.Value.Value);
        var bytes = File.ReadAllBytes(file);
        bytes[1000] ^= 1;
        File.WriteAllBytes(file, bytes);
        _broker.Stop();
        Start();
        await Eventually.True(() => _agent!.Host.Status().Inferences > 5, "the fallback answers");
        _agent!.Host.State.Active!.Variant.Sha256.ShouldBe(first.Active!.Value);
        _broker.Start();
        await Eventually.True(
            () => _agent.Host.State is { Phase: InstallPhase.Proved } s && s.Active!.Variant.Sha256 == second.Active, "it is whole again");
    }

    [Fact]
    public async Task A_variant_that_ends_the_process_at_every_start_is_given_up()
    {
        Start();
        var first = await Install(1, "shift=0");
        await _silo.DesireAsync(Desire(2, "shift=0 b", soak: TimeSpan.FromHours(1)));
        for (var start = 0; start <= 5; start++)
        {
            await Eventually.True(() => _agent!.Host.State.Phase == InstallPhase.Soaking, "it soaks");
            await _agent!.DisposeAsync();
            Start();
        }

        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.Soak);
        end.Active.ShouldBe(first.Active);
    }

    [MountFact]
    public async Task A_full_disk_is_reported_and_the_old_variant_serves_on()
    {
        using var disk = TinyDisk.TryMount(600 * 1024).ShouldNotBeNull();
        Start(folder: disk.Path);
        var first = await Install(1, "shift=0");
        await _silo.DesireAsync(Desire(2, "shift=0 big", size: 2_000_000));
        var end = await _silo.EndOf(Some.Device, 2);
        end.Failure.ShouldBe(InstallFailure.DiskFull);
        end.Active.ShouldBe(first.Active);

        // To the last byte: state and reports must still go through.
        Should.Throw<IOException>(() => File.WriteAllBytes(Path.Combine(disk.Path, "filler"), new byte[1_000_000]));
        await _silo.DesireAsync(Desire(3, "shift=0 other"));
        (await _silo.EndOf(Some.Device, 3)).Failure.ShouldBe(InstallFailure.DiskFull);
        var before = _agent!.Host.Status().Inferences;
        await Eventually.True(() => _agent.Host.Status().Inferences > before + 10, "it answers");
        await _agent.DisposeAsync();
        _agent = null;
    }

    [Fact]
    public async Task Reports_and_telemetry_are_sent_again_after_a_reconnect_until_acknowledged()
    {
        _silo.Acknowledges = false;
        Start();
        await Install(1, "shift=0");
        await Eventually.True(() => _silo.Device(Some.Device).Batches.Count >= 3, "telemetry comes");
        _agent!.Host.Status().TelemetryPending.ShouldBeGreaterThanOrEqualTo(3);
        _silo.Acknowledges = true;
        _broker.DisconnectEveryone();
        await Eventually.True(() => _agent.Host.Status().TelemetryPending <= 2, "all is acknowledged");
    }

    private Task Ignored(int messages) =>
        Eventually.True(() => _agent!.Host.Status().MessagesIgnored.Values.Sum() >= messages, $"{messages} messages are counted");

    private void Start(bool source = true, double rate = 500, string? folder = null) =>
        _agent = AgentUnderTest.Start(
            folder ?? _folder.Path, _broker, _loader, source ? new CountingSource() : null, o => o with { RatePerSecond = rate });

    private DesiredState Desire(long generation, string script, int? goldenShift = null, TimeSpan? soak = null, int size = 5000)
    {
        var bytes = ScriptedLoader.Variant(script, size);
        var shift = goldenShift ?? (script.Contains("shift=1", StringComparison.Ordinal) ? 1 : 0);
        return Some.Desired(generation) with
        {
            Variant = _silo.Store(bytes),
            Golden = _silo.Store(ScriptedLoader.Golden(bytes, shift)),
            Proof = new ProofPolicy(0.9, 16, soak ?? TimeSpan.FromMilliseconds(50)),
        };
    }

    private async Task<ReportedState> Install(long generation, string script, TimeSpan? soak = null)
    {
        await _silo.DesireAsync(Desire(generation, script, soak: soak));
        var end = await _silo.EndOf(Some.Device, generation);
        end.Phase.ShouldBe(InstallPhase.Proved, end.Message);
        return end;
    }

    /// <summary>Live answers that came from a variant, as the device counts them per variant.</summary>
    private long AnswersLive(DesiredState desired) =>
        _silo.Device(Some.Device).Batches.Where(b => b.Variant == desired.Variant.Sha256).Sum(b => b.Inferences + b.Errors);
}
