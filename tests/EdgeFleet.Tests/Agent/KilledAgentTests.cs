using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Tests.Support;
using Xunit.Abstractions;

namespace EdgeFleet.Tests.Agent;

/// <summary>A real agent process with real ONNX Runtime on a real broker, killed at random instants of installs.</summary>
public sealed class KilledAgentTests(ITestOutputHelper output)
{
    private const int Kills = 50;

    [Fact]
    public async Task Killed_at_fifty_random_instants_of_installs_it_always_serves_a_working_variant_and_ends_proved()
    {
        using var folder = new TempFolder();
        await using var broker = await MosquittoFixture.StartAsync();
        await using var silo = await SiloSide.StartAsync(new LibmosquittoLinkFactory(), broker.Port);
        TinyModel.WriteImages(folder.File("images"));
        var port = FreePort.Take();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");

        long generation = 1;
        var good = new HashSet<Sha256Digest>();
        await Desire();
        var agent = Start();
        try
        {
            (await silo.EndOf(Some.Device, 1, TimeSpan.FromSeconds(60))).Phase.ShouldBe(InstallPhase.Proved, agent.Output);
            var killsOfThis = 0;
            for (var kill = 1; kill <= Kills; kill++)
            {
                if (silo.Device(Some.Device).Last!.Phase == InstallPhase.Proved || ++killsOfThis >= 4)
                {
                    generation++;
                    killsOfThis = 0;
                    await Desire();
                }

                // One in five hits the start of the process itself, the others an install under way.
                var whileStarting = kill % 5 == 0;
                if (!whileStarting)
                {
                    await Serving(agent);
                }

                var after = random.Next(0, 450);
                await Task.Delay(TimeSpan.FromMilliseconds(after), TimeProvider.System);
                var phase = whileStarting ? "starting" : $"{(await agent.StatusAsync())?.Reported.Phase}";
                agent.Kill();
                output.WriteLine($"kill {kill,2}: {after,3} ms after {(whileStarting ? "the process began" : "it served")}, generation {generation}, {phase}");
                agent.Dispose();
                agent = Start();
            }

            await Serving(agent);
            generation++;
            await Desire();
            var end = await silo.EndOf(Some.Device, generation, TimeSpan.FromSeconds(60));
            end.Phase.ShouldBe(InstallPhase.Proved, end.Message + "\n" + agent.Output);
            silo.Device(Some.Device).Reports.ShouldAllBe(r => r.Phase != InstallPhase.Failed);
            silo.Device(Some.Device).Reports.Select(r => r.Incarnation).Distinct().Count().ShouldBe(1);
            var batches = silo.Device(Some.Device).Batches;
            batches.ShouldAllBe(b => b.Errors == 0 && b.Correct == b.Inferences);
            batches.Select(b => b.Sequence).ShouldBe(Enumerable.Range(1, batches.Count).Select(i => (long)i));
            output.WriteLine($"{generation} generations, {batches.Sum(b => b.Inferences)} answers, all right");
            (await agent.TerminateAsync()).Code.ShouldBe(0);
        }
        finally
        {
            agent.Dispose();
        }

        AgentProcess Start() => AgentProcess.Start(
            port,
            "--id", Some.Device.Value, "--data", folder.File("data"), "--source", folder.File("images"), "--broker", $"127.0.0.1:{broker.Port}",
            "--rate", "300", "--telemetry-seconds", "0.2");

        Task Desire()
        {
            var desired = TinyModel.Desire(silo, generation, paddedTo: 300_000, soak: TimeSpan.FromMilliseconds(150));
            good.Add(desired.Variant.Sha256);
            return silo.DesireAsync(desired);
        }

        async Task Serving(AgentProcess process)
        {
            await Eventually.True(
                async () => await process.StatusAsync() is { Inferences: > 0 } s && good.Contains(s.Reported.Active!.Value),
                $"the agent serves again; it said {process.Output}",
                TimeSpan.FromSeconds(30));
        }
    }
}
