using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Grains.Rollouts;

namespace EdgeFleet.Tests.Grains.Rollouts;

public sealed class WavePlannerTests
{
    private static WaveCandidate Device(string id, string hardware = "x64-avx2", string profile = "int8-reduced", bool online = true, bool serving = false) =>
        new(DeviceId.Parse(id), hardware, CompressionProfile.Parse(profile), online, serving);

    [Fact]
    public void The_canary_comes_first_and_the_rest_follows()
    {
        var plan = WavePlanner.Plan([Device("c"), Device("a"), Device("b")], 1);

        plan.OrderBy(p => p.Key.Value).Select(p => p.Value).ShouldBe([0, 1, 1]);
    }

    [Fact]
    public void A_device_that_serves_something_is_the_better_canary() =>
        WavePlanner.Plan([Device("a"), Device("b", serving: true)], 1)[DeviceId.Parse("b")].ShouldBe(0);

    [Fact]
    public void An_offline_device_is_no_canary_while_another_is_online() =>
        WavePlanner.Plan([Device("a", online: false, serving: true), Device("b")], 1)[DeviceId.Parse("b")].ShouldBe(0);

    [Fact]
    public void The_canary_covers_distinct_forms_before_it_takes_a_second_of_any()
    {
        var plan = WavePlanner.Plan([Device("a"), Device("b"), Device("z", profile: "fp32"), Device("y", hardware: "arm64", profile: "int8-signed")], 3);

        plan[DeviceId.Parse("a")].ShouldBe(0);
        plan[DeviceId.Parse("y")].ShouldBe(0);
        plan[DeviceId.Parse("z")].ShouldBe(0);
        plan[DeviceId.Parse("b")].ShouldBe(1);
    }

    [Fact]
    public void Every_device_gets_one_wave_and_the_plan_is_the_same_whatever_the_order()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var devices = Enumerable.Range(0, random.Next(1, 60)).Select(i => Device(
                $"d{i}", random.Next(2) == 0 ? "x64-avx2" : "x64-vnni", random.Next(2) == 0 ? "int8" : "fp32", random.Next(2) == 0, random.Next(2) == 0)).ToList();
            var canary = random.Next(1, 10);

            var plan = WavePlanner.Plan(devices, canary);
            var shuffled = devices.ToArray();
            random.Shuffle(shuffled);

            plan.Count.ShouldBe(devices.Count);
            plan.Values.Count(w => w == 0).ShouldBe(Math.Min(canary, devices.Count));
            WavePlanner.Plan(shuffled, canary).OrderBy(p => p.Key.Value).ShouldBe(plan.OrderBy(p => p.Key.Value));
        }
    }
}
