using System.Text.Json;
using EdgeFleet.Cli;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Tests.Cli.Commands;

public sealed class RolloutCommandTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Start_sends_what_was_asked_for()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("POST /api/v1/rollouts?id=first", """{"rollout":"first"}""", 202);

        var (code, shown) = await Terminal.RunAsync(
            "rollout", "start", "resnet:2", "--id", "first", "--canary", "3", "--success", "0.9", "--errors", "0.1", "--on-error", "pause", "--agreement", "0.8",
            "--soak", "500ms", "--device", "camera-1", "--device", "camera-2", "--tag", "site=hall-3", "--profile", "fp32", "--max-bytes", "2000000", "--server", server.Url);

        code.ShouldBe(ExitCode.Ok);
        shown.Output.ShouldContain("./fleet rollout watch first");
        var spec = JsonSerializer.Deserialize(server.Asked.Single().Body, WireJson.Default.RolloutSpec)!;
        spec.Model.ShouldBe(ModelId.Of("resnet", "2"));
        spec.CanaryDevices.ShouldBe(3);
        spec.SuccessThreshold.ShouldBe(0.9);
        spec.ErrorThreshold.ShouldBe(0.1);
        spec.OnError.ShouldBe(ErrorAction.Pause);
        spec.AgreementFloor.ShouldBe(0.8);
        spec.Soak.ShouldBe(TimeSpan.FromMilliseconds(500));
        spec.Devices.ShouldBe([new DeviceId("camera-1"), new DeviceId("camera-2")]);
        spec.Tags.ShouldBe(new Dictionary<string, string> { ["site"] = "hall-3" });
        spec.Profiles.ShouldBe([CompressionProfile.Fp32]);
        spec.MostBytes.ShouldBe(2_000_000);
    }

    [Fact]
    public async Task What_was_not_asked_for_is_the_contracts_default()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("POST /api/v1/rollouts", """{"rollout":"r-7"}""");

        await Terminal.RunAsync("rollout", "start", "resnet:2", "--server", server.Url);

        var spec = JsonSerializer.Deserialize(server.Asked.Single().Body, WireJson.Default.RolloutSpec)!;
        var expected = new RolloutSpec(ModelId.Of("resnet", "2"));
        JsonSerializer.Serialize(spec, WireJson.Default.RolloutSpec).ShouldBe(JsonSerializer.Serialize(expected, WireJson.Default.RolloutSpec));
    }

    [Theory]
    [InlineData(RolloutStatus.Succeeded, ExitCode.Ok)]
    [InlineData(RolloutStatus.RolledBack, ExitCode.RolloutEndedBadly)]
    [InlineData(RolloutStatus.Failed, ExitCode.RolloutEndedBadly)]
    [InlineData(RolloutStatus.Cancelled, ExitCode.RolloutEndedBadly)]
    [InlineData(RolloutStatus.Paused, ExitCode.RolloutEndedBadly)]
    public async Task Watch_tells_each_line_of_the_story_once_and_ends_as_the_rollout_did(RolloutStatus end, int expected)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/rollouts/r-1", Json(RolloutStatus.Running, "wave 1 opens"))
            .On("GET /api/v1/rollouts/r-1", Json(RolloutStatus.Running, "wave 1 opens", "camera-1 proved it"))
            .On("GET /api/v1/rollouts/r-1", Json(end, "camera-1 proved it", "the end"));

        var (code, shown) = await Terminal.RunAsync("rollout", "watch", "r-1", "--server", server.Url);

        code.ShouldBe(expected);
        shown.Lines.Select(l => l.Split("  ")[^1]).ShouldBe(["wave 1 opens", "camera-1 proved it", "the end", $"r-1: resnet:2 {end}, wave 1 of 1, 0 of 1 proved, 0 failed"]);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    [InlineData("rollback")]
    public async Task Each_action_is_sent_and_answered_with_the_state_after_it(string action)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On($"POST /api/v1/rollouts/r-1/{action}", "").On("GET /api/v1/rollouts/r-1", Json(RolloutStatus.Paused));

        var (code, shown) = await Terminal.RunAsync("rollout", action, "r-1", "--server", server.Url);

        code.ShouldBe(ExitCode.Ok);
        shown.Output.Trim().ShouldBe("r-1: Paused");
        server.Asked[0].Request.ShouldBe($"POST /api/v1/rollouts/r-1/{action}");
    }

    private static string Json(RolloutStatus status, params string[] story) => JsonSerializer.Serialize(
        new RolloutInfo(
            new RolloutId("r-1"), new RolloutSpec(ModelId.Of("resnet", "2")), status, null, 0, [new WaveInfo(0, 1, 0, 0, 1, 0)], [],
            [.. story.Select(text => new RolloutEvent(Noon, text))], Noon, null),
        WireJson.Default.RolloutInfo);
}
