using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeFleet.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace EdgeFleet.Tests.Silo.Hosting;

/// <summary>The silo as a process: what it says when it can't start.</summary>
public sealed class StartupTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task The_health_check_answers_soon_after_the_process_began_and_a_stop_leaves_with_0()
    {
        var url = $"http://127.0.0.1:{FreePort.Take()}";
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        using var silo = SiloProcess.Start("--url", url, "--data", _folder.Path, "--mqtt-port", "0");

        await Eventually.True(() => AnswersAsync(http, url + "/healthz"), "the health check answers", TimeSpan.FromSeconds(30));
        var healthy = watch.Elapsed;
        await Eventually.True(() => AnswersAsync(http, url + "/readyz"), "every part is ready", TimeSpan.FromSeconds(30));

        // The target is 2 s on an idle machine; a busy one is no reason to fail.
        using var process = Process.GetProcessById(silo.Id);
        output.WriteLine($"healthy after {healthy.TotalMilliseconds:0} ms, ready after {watch.ElapsedMilliseconds} ms, {process.TotalProcessorTime.TotalMilliseconds:0} ms of processor time");
        await silo.UrlAsync();
        silo.Terminate();
        (await silo.ExitCodeAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_with_the_cure()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;

        var line = await FailureOf("--url", $"http://127.0.0.1:{port}", "--data", _folder.Path);

        line.ShouldContain(port.ToString());
        line.ShouldContain("in use");
        line.ShouldContain("--url");
    }

    [Fact]
    public async Task A_second_silo_on_the_same_folder_is_one_line_with_the_cure()
    {
        using var first = SiloProcess.Start("--url", "http://127.0.0.1:0", "--data", _folder.Path, "--mqtt-port", "0");
        await first.UrlAsync();

        var line = await FailureOf("--url", "http://127.0.0.1:0", "--data", _folder.Path, "--mqtt-port", "0");

        line.ShouldContain("in use by another silo");
        line.ShouldContain("--data");
    }

    [Theory]
    [InlineData("--nonsense", "1", "--nonsense")]
    [InlineData("--url", "elsewhere", "'elsewhere' is not an http address")]
    [InlineData("--set", "oops", "'oops' has no '='")]
    [InlineData("--max-upload-mb", "0", "MaxMegabytes")]
    [InlineData("--max-upload-mb", "many", "many")]
    public async Task A_bad_option_is_one_line_that_names_it(string option, string value, string named) =>
        (await FailureOf(option, value, "--data", _folder.Path)).ShouldContain(named);

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_one_line_with_the_cure()
    {
        var file = _folder.File("file");
        await File.WriteAllTextAsync(file, "");

        (await FailureOf("--url", "http://127.0.0.1:0", "--data", file)).ShouldContain("--data");
    }

    [Fact]
    public async Task A_damaged_database_is_one_line_with_the_cure()
    {
        await File.WriteAllTextAsync(_folder.File("fleet.db"), new string('x', 10_000));

        (await FailureOf("--url", "http://127.0.0.1:0", "--data", _folder.Path)).ShouldContain("the database is damaged");
    }

    [Fact]
    public async Task A_locked_grain_database_is_one_line_with_the_cure()
    {
        await using var holder = new SqliteConnection($"Data Source={_folder.File("grains.db")};Pooling=False");
        await holder.OpenAsync();
        await using var command = holder.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;";
        await command.ExecuteNonQueryAsync();

        (await FailureOf("--url", "http://127.0.0.1:0", "--data", _folder.Path)).ShouldContain("grains.db");
    }

    [Fact]
    public async Task A_missing_onnx_runtime_is_one_line_with_the_cure()
    {
        using var silo = SiloProcess.StartWith(new() { ["EDGEFLEET_ORT_LIB"] = "/nowhere/libonnxruntime.so" }, "--url", "http://127.0.0.1:0", "--data", _folder.Path, "--mqtt-port", "0");

        (await silo.ExitCodeAsync()).ShouldBe(1);
        silo.Error.ShouldHaveSingleItem().ShouldContain("/nowhere/libonnxruntime.so");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<bool> AnswersAsync(HttpClient http, string url)
    {
        try
        {
            using var answer = await http.GetAsync(url);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<string> FailureOf(params string[] arguments)
    {
        using var silo = SiloProcess.Start(arguments);
        (await silo.ExitCodeAsync()).ShouldBe(1);
        silo.Output.ShouldBeEmpty();
        return silo.Error.ShouldHaveSingleItem();
    }
}
