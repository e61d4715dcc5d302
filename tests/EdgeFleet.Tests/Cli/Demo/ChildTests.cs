using EdgeFleet.Cli.Demo;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Cli.Demo;

public sealed class ChildTests
{
    private static readonly string Dll = typeof(Child).Assembly.Location;

    [Fact]
    public async Task What_a_tool_writes_comes_back_and_lies_in_its_log()
    {
        using var folder = new TempFolder();
        string output;
        await using (var child = Child.Start("tool", Dll, ["rollout", "--help"], folder.Path))
        {
            output = await child.OutputAsync(Soon());
        }

        output.ShouldContain("rollback");
        (await File.ReadAllTextAsync(folder.File("tool.log"))).TrimEnd().ShouldBe(output.TrimEnd());
    }

    [Fact]
    public async Task A_tool_that_fails_is_told_with_its_exit_code_and_its_last_line()
    {
        using var folder = new TempFolder();
        await using var child = Child.Start("tool", Dll, ["variants", "nonsense"], folder.Path);

        var failure = await Should.ThrowAsync<DemoFailedException>(() => child.OutputAsync(Soon()));

        failure.Message.ShouldContain("tool ended with exit code 2");
        failure.Message.ShouldContain("name:version");
    }

    [Fact]
    public async Task A_process_that_ends_without_the_awaited_line_says_so()
    {
        using var folder = new TempFolder();
        await using var child = Child.Start("silo", Dll, ["variants", "nonsense"], folder.Path);

        var failure = await Should.ThrowAsync<DemoFailedException>(() => child.FindLineAsync(line => line, "its URL", Soon()));

        failure.Message.ShouldContain("silo ended with exit code 2 before it showed its URL");
    }

    [Fact]
    public async Task Stopping_asks_first_and_leaves_no_process()
    {
        using var folder = new TempFolder();
        await using var server = await ScriptedServer.StartAsync();
        server.On("GET /api/v1/rollouts/r-1", """
            {"rollout":"r-1","spec":{"model":"a:1"},"status":"Running","message":null,"openWave":0,"waves":[],"executions":[],
             "events":[{"at":"2026-03-01T12:00:00+00:00","text":"wave 1 opens"}],"createdAt":"2026-03-01T12:00:00+00:00","endedAt":null}
            """);
        var child = Child.Start("watch", Dll, ["rollout", "watch", "r-1", "--server", server.Url], folder.Path);
        await child.FindLineAsync(line => line.Contains("wave 1 opens", StringComparison.Ordinal) ? line : null, "the story", Soon());

        await child.StopAsync(TimeSpan.FromSeconds(20));

        child.HasExited.ShouldBeTrue();
        child.ExitCode.ShouldBe(EdgeFleet.Cli.ExitCode.Failed);
        await child.DisposeAsync();
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
}
