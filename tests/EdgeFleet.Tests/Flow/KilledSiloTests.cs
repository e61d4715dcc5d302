using System.Diagnostics;
using System.Text;
using System.Text.Json;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Tests.Agent;
using EdgeFleet.Tests.Support;
using Xunit.Abstractions;

namespace EdgeFleet.Tests.Flow;

/// <summary>A real silo with its own broker and three real agents, the silo killed at random instants of rollouts.</summary>
public sealed class KilledSiloTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Kills = 20;
    private const int Forms = 4;
    private static readonly ModelId Model = ModelId.Parse("lenet:1");
    private static readonly string[] Devices = ["gate", "hall", "yard"];

    private readonly TempFolder _folder = new();
    private readonly List<AgentProcess> _agents = [];
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{FreePort.Take()}"), Timeout = TimeSpan.FromSeconds(20) };
    private SiloProcess _silo = null!;

    public async Task InitializeAsync()
    {
        _silo = await StartSiloAsync();
        Directory.CreateDirectory(_folder.File("images"));
        foreach (var file in new[] { "mnist-calib512-images-idx3-ubyte.gz", "mnist-calib512-labels-idx1-ubyte.gz" })
        {
            File.Copy(RepositoryRoot.Path("tests", "data", file), _folder.File("images", file));
        }

        var token = (await File.ReadAllTextAsync(_folder.File("silo", "identity", "enrolment-token"))).Trim();
        foreach (var device in Devices)
        {
            _agents.Add(AgentProcess.Start(
                FreePort.Take(),
                "--server", _http.BaseAddress!.AbsoluteUri, "--token", token, "--id", device, "--data", _folder.File(device),
                "--source", _folder.File("images"), "--rate", "50", "--telemetry-seconds", "0.5", "--declare", "isa=avx2"));
        }
    }

    public Task DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            agent.Dispose();
        }

        _silo.Dispose();
        _http.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Killed_at_twenty_random_instants_of_rollouts_everything_ends_as_if_nothing_had_happened()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var watch = Stopwatch.StartNew();
        output.WriteLine($"seed {seed}");
        await Eventually.True(async () => (await DevicesAsync())?.Count(d => d.Online) == Devices.Length, "all devices register", TimeSpan.FromSeconds(40));
        await UploadAsync();

        var rollouts = 0;
        for (var kill = 1; kill <= Kills; kill++)
        {
            if (rollouts == 0 || (await RolloutAsync(rollouts))?.Status == RolloutStatus.Succeeded)
            {
                rollouts++;
            }

            // The answer may be lost with the silo; the same request again means the same rollout.
            var started = StartRolloutAsync(rollouts);
            var after = random.Next(0, 1500);
            await Task.Delay(TimeSpan.FromMilliseconds(after), TimeProvider.System);
            var status = (await RolloutAsync(rollouts))?.Status;
            _silo.Kill();
            await started;
            output.WriteLine($"kill {kill,2}: {after,4} ms after the request for rollout {rollouts} ({status?.ToString() ?? "no answer"}), at {watch.Elapsed.TotalSeconds:0.0} s");
            _silo.Dispose();
            _silo = await StartSiloAsync();
        }

        // On a slow machine the kills leave time for few rollouts; each form comes to the devices all the same.
        var all = Math.Max(rollouts, Forms);
        for (var number = 1; number <= all; number++)
        {
            await StartRolloutAsync(number);
            var current = number;
            await Eventually.True(
                async () => (await RolloutAsync(current))?.Status == RolloutStatus.Succeeded,
                $"rollout {current} succeeds",
                TimeSpan.FromSeconds(60));
            var info = (await RolloutAsync(current))!;
            info.Executions.Count.ShouldBe(Devices.Length);
            info.Executions.ShouldAllBe(e => e.Status == ExecutionStatus.Succeeded);
        }

        var expected = ProfileOf(all);
        await Eventually.True(
            async () => (await DevicesAsync())!.All(d => d.Reported is { Phase: InstallPhase.Proved } r && r.ActiveProfile == expected),
            $"every device serves {expected}",
            TimeSpan.FromSeconds(30));
        foreach (var device in (await DevicesAsync())!)
        {
            device.Reported!.Active.ShouldBe(device.Desired!.Variant.Sha256);
            device.Reported.Generation.ShouldBe(device.Desired.Generation);
            device.Desired.Generation.ShouldBe(all);
            device.MessagesRejected.ShouldBe(0);
            device.Totals.Sum(t => t.Errors).ShouldBe(0);
            output.WriteLine($"{device.Device}: generation {device.Desired.Generation}, {device.Totals.Sum(t => t.Inferences)} answers in {device.TelemetryUpTo} batches");
        }

        output.WriteLine($"{all} rollouts, {rollouts} of them under {Kills} kills, {watch.Elapsed.TotalSeconds:0.0} s");
    }

    private static CompressionProfile ProfileOf(int rollout) => (rollout % Forms) switch
    {
        1 => CompressionProfile.Int8Reduced,
        2 => CompressionProfile.Weights4,
        3 => CompressionProfile.Fp32,
        _ => CompressionProfile.Weights8,
    };

    private async Task<SiloProcess> StartSiloAsync()
    {
        var silo = SiloProcess.Start(
            "--url", _http.BaseAddress!.AbsoluteUri.TrimEnd('/'), "--data", _folder.File("silo"), "--mqtt-port", "0", "--set", "Variants:LatencyRuns=2");
        await silo.UrlAsync();
        return silo;
    }

    private async Task UploadAsync()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent(Model.Name), "name" },
            { new StringContent(Model.Version), "version" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(RepositoryRoot.TestModel("lenet-mnist.onnx"))), "model", "lenet-mnist.onnx" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(_folder.File("images", "mnist-calib512-images-idx3-ubyte.gz"))), "calibration", "images.gz" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(_folder.File("images", "mnist-calib512-labels-idx1-ubyte.gz"))), "labels", "labels.gz" },
        };
        using var answer = await _http.PostAsync("/api/v1/models", form);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    private async Task StartRolloutAsync(int number)
    {
        var spec = new RolloutSpec(Model) { Profiles = [ProfileOf(number)], Soak = TimeSpan.FromMilliseconds(300), AgreementFloor = 0.5 };
        try
        {
            using var body = new StringContent(JsonSerializer.Serialize(spec, WireJson.Default.RolloutSpec), Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync($"/api/v1/rollouts?id=r-{number}", body);
            answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            output.WriteLine($"  the request for rollout {number} broke off");
        }
    }

    private async Task<RolloutInfo?> RolloutAsync(int number) => await GetAsync($"rollouts/r-{number}") is { } json
        ? JsonSerializer.Deserialize(json, WireJson.Default.RolloutInfo)
        : null;

    private async Task<IReadOnlyList<DeviceView>?> DevicesAsync() => await GetAsync("devices") is { } json
        ? JsonSerializer.Deserialize(json, WireJson.Default.DeviceList)!.Devices
        : null;

    private async Task<string?> GetAsync(string path)
    {
        using var answer = await _http.GetAsync("/api/v1/" + path);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : null;
    }
}
