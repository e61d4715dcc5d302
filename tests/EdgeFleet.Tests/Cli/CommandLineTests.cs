using EdgeFleet.Cli;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("unknown", "unknown")]
    [InlineData("devices not/an/id", "not a device id")]
    [InlineData("variants resnet", "name:version")]
    [InlineData("variants resnet:1 --ensure int3", "int8-reduced")]
    [InlineData("rollout start resnet", "name:version")]
    [InlineData("rollout start resnet:1 --success 1.5", "0 to 1")]
    [InlineData("rollout start resnet:1 --errors NaN", "0 to 1")]
    [InlineData("rollout start resnet:1 --canary 0", "--canary")]
    [InlineData("rollout start resnet:1 --soak 2", "2s")]
    [InlineData("rollout start resnet:1 --on-error ignore", "rollback")]
    [InlineData("rollout start resnet:1 --tag hall", "KEY=VALUE")]
    [InlineData("rollout start resnet:1 --device a/b", "a/b")]
    [InlineData("rollout start resnet:1 --profile int3", "int3")]
    [InlineData("rollout show ..", "..")]
    [InlineData("model push missing.onnx --name a --version 1", "missing.onnx")]
    [InlineData("status --server localhost", "http://HOST:PORT")]
    public async Task A_command_line_that_is_not_understood_is_one_line_and_exit_code_2(string line, string names)
    {
        var (code, shown) = await Terminal.RunAsync(line.Split(' '));

        code.ShouldBe(ExitCode.Usage);
        shown.Error.ShouldContain(names);
        shown.Error.TrimEnd().ShouldNotContain('\n');
        shown.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_model_name_with_a_slash_is_refused_before_the_file_is_read()
    {
        var (code, shown) = await Terminal.RunAsync("model", "push", RepositoryRoot.TestModel("lenet-mnist.onnx"), "--name", "../x", "--version", "1");

        code.ShouldBe(ExitCode.Usage);
        shown.Error.ShouldContain("--name '../x'");
    }

    [Fact]
    public async Task Without_a_silo_the_exit_code_is_3_and_the_line_names_the_address_and_the_cure()
    {
        var port = FreePort.Take();

        var (code, shown) = await Terminal.RunAsync("devices", "--server", $"http://127.0.0.1:{port}");

        code.ShouldBe(ExitCode.Unreachable);
        shown.Error.ShouldContain($"http://127.0.0.1:{port}");
        shown.Error.ShouldContain("./fleet up");
        shown.Error.TrimEnd().ShouldNotContain('\n');
    }

    [Fact]
    public async Task Something_else_than_a_silo_is_said_to_be_something_else()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/devices", "<html>Welcome to nginx!</html>", contentType: "text/html");

        var (code, shown) = await Terminal.RunAsync("devices", "--server", server.Url);

        code.ShouldBe(ExitCode.Failed);
        shown.Error.ShouldContain("did not answer as an EdgeFleet silo");
    }

    [Fact]
    public async Task A_refusal_shows_the_servers_title_and_detail_in_one_line()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/models/a:1", """{"title":"Not found","detail":"There is no\nmodel 'a:1'.","status":404}""", 404, "application/problem+json");

        var (code, shown) = await Terminal.RunAsync("variants", "a:1", "--server", server.Url);

        code.ShouldBe(ExitCode.Failed);
        shown.Error.TrimEnd().ShouldBe("edgefleet: Not found: There is no model 'a:1'.");
    }

    [Theory]
    [InlineData("text/html", "<h1>Bad\nGateway</h1>", "HTTP 502 Bad Gateway: <h1>Bad Gateway</h1>")]
    [InlineData("application/problem+json", "{ not json", "HTTP 502 Bad Gateway: { not json")]
    [InlineData("text/plain", "", "HTTP 502 Bad Gateway")]
    public async Task A_refusal_in_any_other_form_is_shown_as_it_is(string contentType, string body, string expected)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/devices", body, 502, contentType);

        var (code, shown) = await Terminal.RunAsync("devices", "--server", server.Url);

        code.ShouldBe(ExitCode.Failed);
        shown.Error.TrimEnd().ShouldBe("edgefleet: " + expected);
    }

    [Fact]
    public async Task Empty_lists_say_what_to_do()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/devices", """{"devices":[]}""").On("GET /api/v1/models", """{"models":[]}""").On("GET /api/v1/rollouts", """{"rollouts":[]}""");

        (await Terminal.RunAsync("devices", "--server", server.Url)).Shown.Output.ShouldContain("./fleet agent");
        (await Terminal.RunAsync("models", "--server", server.Url)).Shown.Output.ShouldContain("./fleet model push");
        (await Terminal.RunAsync("rollout", "list", "--server", server.Url)).Shown.Output.ShouldContain("./fleet rollout start");
    }

    [Fact]
    public async Task Json_is_the_servers_answer_and_nothing_else()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/devices", """{"devices":[]}""");

        var (code, shown) = await Terminal.RunAsync("--json", "devices", "--server", server.Url);

        code.ShouldBe(ExitCode.Ok);
        shown.Output.Trim().ShouldBe("""{"devices":[]}""");
    }

    [Fact]
    public async Task A_push_sends_every_part_under_its_name()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.On("POST /api/v1/models", """{"title":"Conflict","detail":"a:1 is stored already."}""", 409, "application/problem+json");
        using var folder = new TempFolder();
        foreach (var file in new[] { "m.onnx", "c.gz", "l.gz", "d1.bin", "d2.bin" })
        {
            await File.WriteAllTextAsync(folder.File(file), "bytes of " + file);
        }

        var (code, _) = await Terminal.RunAsync(
            "model", "push", folder.File("m.onnx"), "--name", "a", "--version", "1", "--calibration", folder.File("c.gz"), "--labels", folder.File("l.gz"),
            "--data", folder.File("d1.bin"), "--data", folder.File("d2.bin"), "--divisor", "1", "--mean", "0.5", "--server", server.Url);

        code.ShouldBe(ExitCode.Failed);
        var body = server.Asked.Single().Body;
        foreach (var part in new[] { "name=name", "name=version", "name=model; filename=m.onnx", "name=calibration; filename=c.gz", "name=labels; filename=l.gz", "name=data; filename=d1.bin", "name=data; filename=d2.bin" })
        {
            body.ShouldContain(part);
        }

        body.ShouldContain("bytes of d2.bin");
        body.ShouldContain("0.5");
    }
}
