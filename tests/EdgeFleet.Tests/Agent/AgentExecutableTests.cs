using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent;

public sealed class AgentExecutableTests
{
    [Theory]
    [InlineData(2, "--rate", "fast")]
    [InlineData(2, "--rate", "0")]
    [InlineData(2, "--id", "../up")]
    [InlineData(2, "--declare", "arch=z80")]
    [InlineData(2, "--tag", "novalue")]
    [InlineData(2, "--server", "not an address")]
    [InlineData(2, "--what", "ever")]
    [InlineData(4, "--source", "/nowhere/at/all")]
    [InlineData(4, "--data", "/proc/nowhere")]
    public async Task Wrong_usage_ends_with_one_line_and_its_exit_code(int code, string option, string value)
    {
        using var folder = new TempFolder();
        string[] data = option == "--data" ? [] : ["--data", folder.File("data")];
        using var agent = AgentProcess.Start(0, [option, value, "--broker", "127.0.0.1:1", .. data]);
        (await agent.ExitCodeAsync()).ShouldBe(code, agent.Output);
        await Eventually.True(() => agent.Output.Contains("edgefleet-agent: ", StringComparison.Ordinal), "it says why");
        agent.Output.Split('\n').Length.ShouldBe(1, agent.Output);
    }

    [Fact]
    public async Task Without_identity_server_and_token_it_says_what_to_give()
    {
        using var folder = new TempFolder();
        using var agent = AgentProcess.Start(0, "--data", folder.File("data"), "--id", "cam-1");
        (await agent.ExitCodeAsync()).ShouldBe(3);
        await Eventually.True(() => agent.Output.Contains("--token", StringComparison.Ordinal), "it says what to give");
    }

    [Fact]
    public async Task A_missing_onnx_runtime_ends_the_process_with_one_line_that_names_the_cure()
    {
        using var folder = new TempFolder();
        using var agent = AgentProcess.StartWith(
            new() { ["EDGEFLEET_ORT_LIB"] = "/nowhere/libonnxruntime.so" }, 0, "--data", folder.File("data"), "--broker", "127.0.0.1:1");
        (await agent.ExitCodeAsync()).ShouldBe(5, agent.Output);
        await Eventually.True(() => agent.Output.Contains("EDGEFLEET_ORT_LIB", StringComparison.Ordinal), "it names the cure");
        agent.Output.Split('\n').Length.ShouldBe(1, agent.Output);
    }

    [Fact]
    public async Task Help_lists_options_and_exit_codes_but_never_the_token()
    {
        using var agent = AgentProcess.StartWith(new() { ["EDGEFLEET_TOKEN"] = "sesame" }, 0, "--help");
        (await agent.ExitCodeAsync()).ShouldBe(0);
        await Eventually.True(() => agent.Output.Contains("--telemetry-seconds", StringComparison.Ordinal), "options are listed");
        agent.Output.ShouldContain("Exit codes");
        agent.Output.ShouldNotContain("sesame");
    }

    [Fact]
    public async Task It_installs_a_real_model_refuses_a_permuted_one_answers_locally_and_stops_in_order()
    {
        using var folder = new TempFolder();
        await using var broker = await MosquittoFixture.StartAsync();
        await using var silo = await SiloSide.StartAsync(new LibmosquittoLinkFactory(), broker.Port);
        TinyModel.WriteImages(folder.File("images"));
        var port = FreePort.Take();
        using var agent = AgentProcess.Start(
            port,
            "--id", Some.Device.Value, "--data", folder.File("data"), "--source", folder.File("images"), "--broker", $"127.0.0.1:{broker.Port}",
            "--rate", "200", "--telemetry-seconds", "0.2", "--tag", "site=here", "--declare", "precisions=fp32");

        var first = TinyModel.Desire(silo, 1);
        await silo.DesireAsync(first);
        (await silo.EndOf(Some.Device, 1)).Phase.ShouldBe(InstallPhase.Proved, agent.Output);
        var registration = silo.Device(Some.Device).Registrations.Last();
        registration.Tags["site"].ShouldBe("here");
        registration.Capabilities.Precisions.ShouldBe(["fp32"]);

        await silo.DesireAsync(TinyModel.Desire(silo, 2, shift: 1));
        var refused = await silo.EndOf(Some.Device, 2);
        refused.Failure.ShouldBe(InstallFailure.Disagreement, refused.Message);
        refused.Active.ShouldBe(first.Variant.Sha256);

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        (await http.GetStringAsync(new Uri("/healthz", UriKind.Relative))).ShouldBe("serving\n");
        using var good = await http.PostAsync(new Uri("/v1/infer", UriKind.Relative), new ByteArrayContent([0, 0, 250, 0]));
        (await good.Content.ReadAsStringAsync()).ShouldStartWith("{\"top1\":2,");
        using var wrong = await http.PostAsync(new Uri("/v1/infer", UriKind.Relative), new ByteArrayContent([0, 0]));
        ((int)wrong.StatusCode).ShouldBe(422);
        using var nothing = await http.GetAsync(new Uri("/v2", UriKind.Relative));
        ((int)nothing.StatusCode).ShouldBe(404);

        var (code, took) = await agent.TerminateAsync();
        code.ShouldBe(0, agent.Output);
        took.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await Eventually.True(() => !silo.Device(Some.Device).Presence.Last(), "it says goodbye");
    }
}
