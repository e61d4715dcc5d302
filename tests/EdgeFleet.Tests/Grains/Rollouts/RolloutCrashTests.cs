using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.GrainContracts;
using Xunit.Abstractions;

namespace EdgeFleet.Tests.Grains.Rollouts;

/// <summary>The silo dies at every single write of a rollout that succeeds and of one that rolls back, in turn just before it and just after it was durable.</summary>
public sealed class RolloutCrashTests(ITestOutputHelper output)
{
    private static readonly Sha256Digest Good = ScriptedProducer.DigestOf("m:1", CompressionProfile.Int8Reduced);
    private static readonly Sha256Digest Bad = ScriptedProducer.DigestOf("m:2", CompressionProfile.Int8Reduced);

    [Fact]
    public async Task A_rollout_ends_as_if_nothing_had_happened()
    {
        for (var write = 1; ; write++)
        {
            await using var fleet = await StartAsync();
            fleet.Kill.Arm(write, after: write % 2 == 0);
            await StartAsync(fleet, "r1", "m:1");
            var done = await fleet.UntilAsync("r1", r => r.EndedAt is not null, $"the rollout ends, killed {fleet.Kill.At}");

            done.Status.ShouldBe(RolloutStatus.Succeeded, fleet.Kill.At);
            done.Executions.ShouldAllBe(e => e.Status == ExecutionStatus.Succeeded && e.Generation == 1);
            fleet.Devices["cam-1"].Served.ShouldBe([Good]);
            if (fleet.Kill.At is null)
            {
                write.ShouldBeGreaterThan(20);
                break;
            }

            output.WriteLine($"{write}: {fleet.Kill.At}");
            await NothingIsLeftOpenAsync(fleet);
        }
    }

    [Fact]
    public async Task A_rollback_ends_as_if_nothing_had_happened()
    {
        for (var write = 1; ; write++)
        {
            await using var fleet = await StartAsync();
            await fleet.RollOutAsync("r1", "m:1");
            await fleet.PublishAsync("m:2");
            fleet.Devices["cam-3"].Refuses = d => d.Variant.Sha256 == Bad ? InstallFailure.Golden : InstallFailure.None;
            fleet.Kill.Arm(write, after: write % 2 == 0);
            await StartAsync(fleet, "r2", "m:2");
            var done = await fleet.UntilAsync("r2", r => r.EndedAt is not null, $"the rollout ends, killed {fleet.Kill.At}");

            done.Status.ShouldBe(RolloutStatus.RolledBack, fleet.Kill.At);
            foreach (var id in new[] { "cam-1", "cam-2", "cam-3" })
            {
                fleet.Devices[id].Active.ShouldBe(Good, fleet.Kill.At);
                (await fleet.Device(id).Describe()).Desired!.Variant.Sha256.ShouldBe(Good, fleet.Kill.At);
            }

            fleet.Devices["cam-3"].Served.ShouldBe([Good]);
            if (fleet.Kill.At is null)
            {
                write.ShouldBeGreaterThan(20);
                break;
            }

            output.WriteLine($"{write}: {fleet.Kill.At}");
            await NothingIsLeftOpenAsync(fleet);
        }
    }

    private static async Task<TestFleet> StartAsync()
    {
        var fleet = await TestFleet.StartAsync();
        await fleet.RegisterAsync("cam-1", "cam-2", "cam-3");
        await fleet.PublishAsync("m:1");
        return fleet;
    }

    /// <summary>An operator asks again when the silo died under the request; asking twice is harmless.</summary>
    private static Task StartAsync(TestFleet fleet, string rollout, string model) => fleet.UntilAsync(
        async () =>
        {
            await fleet.Rollout(rollout).Start(new RolloutSpec(ModelId.Parse(model)));
            return true;
        },
        $"{rollout} starts");

    private static Task NothingIsLeftOpenAsync(TestFleet fleet) => fleet.UntilAsync(
        async () =>
        {
            var open = await fleet.Grains.GetGrain<IFleetGrain>(IFleetGrain.Key).GetOpenWork();
            return open.Rollouts.Count + open.Productions.Count == 0;
        },
        $"nothing is left open, killed {fleet.Kill.At}");
}
